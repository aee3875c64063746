using System.Buffers;
using System.Text;
using System.Text.Json;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Rest;

/// <summary>meta.k8s.io/v1 PartialObjectMetadata: an object's metadata and nothing else.</summary>
internal static class MetadataWriter
{
    public static byte[] One(StoredObject item)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Append(buffer, item);
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] List(IReadOnlyList<StoredObject> items, long revision, string? next, long remaining)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + (items.Count * 512));
        buffer.Write(Encoding.UTF8.GetBytes($$"""{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{{ResourceReader.ListMetadata(revision, next, remaining)}},"items":["""));
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write(","u8);
            }

            Append(buffer, items[i]);
        }

        buffer.Write("]}"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Append(ArrayBufferWriter<byte> buffer, StoredObject item)
    {
        buffer.Write("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":"u8);
        buffer.Write(Metadata(item.Body));
        buffer.Write("}"u8);
    }

    /// <summary>The bytes of the top-level metadata value.</summary>
    private static ReadOnlySpan<byte> Metadata(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isMetadata)
            {
                return body.AsSpan(start, (int)reader.BytesConsumed - start);
            }
        }

        return "{}"u8;
    }
}
