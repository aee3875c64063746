using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Schema;

/// <summary>Brings an object to its type: removes unknown fields and nulls, and tells what does not fit.</summary>
internal sealed class SchemaChecker(ApiSchema schema, SchemaFindings findings)
{
    /// <summary>Checks an object; <paramref name="path"/> is where it stands in a larger one.</summary>
    public void Check(JsonObject node, string typeName, string path = "") => CheckObject(node, schema[typeName], path);

    private void CheckObject(JsonObject node, SchemaType type, string path)
    {
        foreach (var (name, value) in node.ToArray())
        {
            var field = type.Find(name);
            var fieldPath = path.Length == 0 ? name : $"{path}.{name}";
            if (field is null)
            {
                findings.Unknown.Add(fieldPath);
                node.Remove(name);
            }
            else if (value is null)
            {
                node.Remove(name);
            }
            else if (CheckValue(value, field.Shape, fieldPath) is { } replacement)
            {
                node[name] = replacement;
            }
        }
    }

    /// <summary>Returns the value to store instead, if the type writes it in another way.</summary>
    private JsonValue? CheckValue(JsonNode value, SchemaShape shape, string path)
    {
        switch (shape.Kind)
        {
            case SchemaKind.Object when value is JsonObject node:
                CheckObject(node, schema[shape.TypeName!], path);
                return null;
            case SchemaKind.Json:
            case SchemaKind.Any when value is JsonObject:
                return null;
            case SchemaKind.List when value is JsonArray list:
                CheckList(list, shape.Element!, path);
                return null;
            case SchemaKind.Map when value is JsonObject map:
                CheckMap(map, shape.Element!, path);
                return null;
            case SchemaKind.Text when value.AsText() is not null:
            case SchemaKind.Bool when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
            case SchemaKind.Int64 when value.AsNumber() is not null:
            case SchemaKind.Int32 when value.AsNumber() is >= int.MinValue and <= int.MaxValue:
            case SchemaKind.IntOrString when value.AsText() is not null || value.AsNumber() is >= int.MinValue and <= int.MaxValue:
            case SchemaKind.Double when value.GetValueKind() == JsonValueKind.Number:
            case SchemaKind.Bytes when value.AsText() is { } base64 && Convert.TryFromBase64String(base64, new byte[base64.Length], out _):
            case SchemaKind.Time or SchemaKind.MicroTime when value.AsText() is { } time && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out _):
                return null;
            case SchemaKind.Quantity when value.GetValueKind() == JsonValueKind.Number && Quantity.IsValid(value.ToString()):
                return JsonValue.Create(value.ToString());
            case SchemaKind.Quantity when value.AsText() is { } text && Quantity.IsValid(text):
                return null;
            default:
                findings.Malformed.Add($"{path}: expected {Describe(shape)}, got {Describe(value)}");
                return null;
        }
    }

    private void CheckList(JsonArray list, SchemaShape element, string path)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is not { } item)
            {
                findings.Malformed.Add($"{path}[{i}]: expected {Describe(element)}, got null");
            }
            else if (CheckValue(item, element, $"{path}[{i}]") is { } replacement)
            {
                list[i] = replacement;
            }
        }
    }

    private void CheckMap(JsonObject map, SchemaShape element, string path)
    {
        foreach (var (name, value) in map.ToArray())
        {
            if (value is null)
            {
                map[name] = element.Kind == SchemaKind.Text ? JsonValue.Create(string.Empty) : null;
                if (map[name] is null)
                {
                    map.Remove(name);
                }
            }
            else if (CheckValue(value, element, $"{path}.{name}") is { } replacement)
            {
                map[name] = replacement;
            }
        }
    }

    private static string Describe(SchemaShape shape) => shape.Kind switch
    {
        SchemaKind.Text => "a string",
        SchemaKind.Bytes => "base64 text",
        SchemaKind.Bool => "true or false",
        SchemaKind.Int32 => "a 32-bit integer",
        SchemaKind.Int64 => "an integer",
        SchemaKind.Double => "a number",
        SchemaKind.Quantity => "a quantity such as 500m or 64Mi",
        SchemaKind.IntOrString => "an integer or a string",
        SchemaKind.Time or SchemaKind.MicroTime => "an RFC 3339 time",
        SchemaKind.List => "a list",
        _ => "an object",
    };

    private static string Describe(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => $"the string \"{value.AsText()}\"",
        _ => value.ToJsonString(),
    };
}
