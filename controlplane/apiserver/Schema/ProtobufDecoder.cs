using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Schema;

/// <summary>
/// Turns the protobuf bodies that kubectl's create commands and client-go's typed clients send into the JSON they stand for, by the
/// field numbers of the schema. The envelope is k8s.io/apimachinery/pkg/runtime.Unknown behind "k8s" and a zero byte.
/// Answers are always JSON.
/// </summary>
internal sealed class ProtobufDecoder(ApiSchema schema)
{
    private const int MaxDepth = 64;

    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <exception cref="FormatException">The body is malformed.</exception>
    public JsonObject Decode(ReadOnlySpan<byte> body, string schemaType)
    {
        if (!body.StartsWith(Magic))
        {
            throw new FormatException("the body does not begin as Kubernetes protobuf does");
        }

        var (apiVersion, kind) = (string.Empty, string.Empty);
        ReadOnlySpan<byte> raw = default;
        var envelope = new ProtobufReader(body[Magic.Length..]);
        while (envelope.Read())
        {
            switch (envelope.Number)
            {
                case 1:
                    (apiVersion, kind) = (Encoding.UTF8.GetString(Field(envelope.Bytes, 1)), Encoding.UTF8.GetString(Field(envelope.Bytes, 2)));
                    break;
                case 2:
                    raw = envelope.Bytes;
                    break;
            }
        }

        var item = new JsonObject { ["kind"] = kind, ["apiVersion"] = apiVersion };
        Fill(item, raw, schema[schemaType], [], 0);
        return item;
    }

    /// <summary>Reads a message into a node; <paramref name="prefix"/> is where a message that JSON inlines stands within its type.</summary>
    private void Fill(JsonObject node, ReadOnlySpan<byte> message, SchemaType type, int[] prefix, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new FormatException("the protobuf message is nested too deeply");
        }

        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            int[] path = [.. prefix, reader.Number];
            if (type.Find(path) is { } field)
            {
                Set(node, field, reader, depth);
            }
            else if (reader.IsBytes && type.HasInlined(path))
            {
                Fill(node, reader.Bytes, type, path, depth + 1);
            }
        }
    }

    private void Set(JsonObject node, SchemaField field, ProtobufReader reader, int depth)
    {
        switch (field.Shape.Kind)
        {
            case SchemaKind.List:
                if (node[field.Name] is not JsonArray list)
                {
                    node[field.Name] = list = [];
                }

                list.Add(Value(field.Shape.Element!, reader, depth));
                break;
            case SchemaKind.Map:
                SetEntry(node.Ensure(field.Name), field.Shape.Element!, reader.Bytes, depth);
                break;
            default:
                var value = Value(field.Shape, reader, depth);

                // Go's encoder writes the zeros of plain fields, which its JSON encoder leaves out.
                if (value is not null && (field.KeepsZero || !IsZero(value)))
                {
                    node[field.Name] = value;
                }

                break;
        }
    }

    private void SetEntry(JsonObject map, SchemaShape element, ReadOnlySpan<byte> entry, int depth)
    {
        var key = string.Empty;
        JsonNode? value = null;
        var reader = new ProtobufReader(entry);
        while (reader.Read())
        {
            if (reader.Number == 1)
            {
                key = Encoding.UTF8.GetString(reader.Bytes);
            }
            else if (reader.Number == 2)
            {
                value = Value(element, reader, depth);
            }
        }

        map[key] = value ?? JsonValue.Create(string.Empty);
    }

    private JsonNode? Value(SchemaShape shape, ProtobufReader reader, int depth)
    {
        switch (shape.Kind)
        {
            case SchemaKind.Text:
                return JsonValue.Create(Encoding.UTF8.GetString(reader.Bytes));
            case SchemaKind.Bytes:
                return JsonValue.Create(Convert.ToBase64String(reader.Bytes));
            case SchemaKind.Bool:
                return JsonValue.Create(reader.Value != 0);
            case SchemaKind.Int32:
                return JsonValue.Create((long)(int)reader.Value);
            case SchemaKind.Int64:
                return JsonValue.Create(reader.Value);
            case SchemaKind.Quantity:
                return JsonValue.Create(Encoding.UTF8.GetString(Field(reader.Bytes, 1)));
            case SchemaKind.IntOrString:
                return Number(reader.Bytes, 1) == 0 ? JsonValue.Create((long)(int)Number(reader.Bytes, 2)) : JsonValue.Create(Encoding.UTF8.GetString(Field(reader.Bytes, 3)));
            case SchemaKind.Time or SchemaKind.MicroTime:
                return Time(shape.Kind, reader.Bytes);
            case SchemaKind.Any:
                var raw = Field(reader.Bytes, 1);
                return raw.IsEmpty ? null : JsonText.Parse(raw);
            case SchemaKind.Object:
                var node = new JsonObject();
                Fill(node, reader.Bytes, schema[shape.TypeName!], [], depth + 1);
                return node;
            case SchemaKind.List:
                // A named list type within a map: message { repeated items = 1 }.
                var list = new JsonArray();
                var items = new ProtobufReader(reader.Bytes);
                while (items.Read())
                {
                    list.Add(Value(shape.Element!, items, depth + 1));
                }

                return list;
            default:
                throw new FormatException($"no protobuf form of {shape.Kind} is known");
        }
    }

    /// <summary>An empty Time is no time.</summary>
    private static JsonValue? Time(SchemaKind kind, ReadOnlySpan<byte> message)
    {
        var (seconds, nanos) = (Number(message, 1), Number(message, 2));
        if ((seconds == 0 && nanos == 0) || seconds is < -62_135_596_800 or > 253_402_300_799 || nanos is < 0 or > 999_999_999)
        {
            return null;
        }

        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.AddTicks(nanos / 100);
        return JsonValue.Create(time.ToString(kind == SchemaKind.Time ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int number)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Number == number && reader.IsBytes)
            {
                return reader.Bytes;
            }
        }

        return default;
    }

    private static long Number(ReadOnlySpan<byte> message, int number)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Number == number && !reader.IsBytes)
            {
                return reader.Value;
            }
        }

        return 0;
    }

    private static bool IsZero(JsonNode value) => value.AsText() is "" || value.AsNumber() is 0 || (value is JsonValue plain && plain.TryGetValue<bool>(out var flag) && !flag);
}
