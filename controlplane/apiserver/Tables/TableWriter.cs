using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Tables;

/// <summary>Writes meta.k8s.io/v1 Tables. <paramref name="includeObject"/>: None, Metadata (the default) or Object.</summary>
internal sealed class TableWriter(TableDefinition table, DateTimeOffset now, string? includeObject)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <exception cref="ApiException">400: another includeObject.</exception>
    public byte[] Write(IReadOnlyList<StoredObject> items, long revision, string? next, long remaining, bool withColumns = true)
    {
        if (includeObject is not (null or "" or "None" or "Metadata" or "Object"))
        {
            throw ApiErrors.BadRequest($"unrecognized includeObject value: \"{includeObject}\"");
        }

        var buffer = new ArrayBufferWriter<byte>(512 + (items.Count * 768));
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("kind"u8, "Table"u8);
            writer.WriteString("apiVersion"u8, "meta.k8s.io/v1"u8);
            writer.WritePropertyName("metadata"u8);
            writer.WriteRawValue(ResourceReader.ListMetadata(revision, next, remaining), skipInputValidation: true);
            writer.WriteStartArray("columnDefinitions"u8);
            foreach (var column in withColumns ? table.Columns : [])
            {
                Column(writer, column);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("rows"u8);
            foreach (var item in items)
            {
                Row(writer, item);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Column(Utf8JsonWriter writer, TableColumn column)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, column.Name);
        writer.WriteString("type"u8, column.Type);
        writer.WriteString("format"u8, column.Format);
        writer.WriteString("description"u8, column.Description);
        writer.WriteNumber("priority"u8, column.Priority);
        writer.WriteEndObject();
    }

    private void Row(Utf8JsonWriter writer, StoredObject item)
    {
        using var document = JsonDocument.Parse(item.Body);
        writer.WriteStartObject();
        writer.WriteStartArray("cells"u8);
        foreach (var cell in table.Cells(document.RootElement, now))
        {
            cell!.WriteTo(writer);
        }

        writer.WriteEndArray();
        if (includeObject != "None")
        {
            writer.WritePropertyName("object"u8);
            writer.WriteRawValue(includeObject == "Object" ? item.Body : MetadataWriter.One(item), skipInputValidation: true);
        }

        writer.WriteEndObject();
    }
}
