using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Podwire.Kube;

/// <summary>Reads one JSON document into nodes and refuses a key given twice, which <see cref="JsonNode"/> leaves open.</summary>
internal static class StrictJson
{
    /// <summary>The document, or null if the text is not JSON (it may still be YAML).</summary>
    /// <exception cref="YamlFormatException">It is JSON with a key given twice.</exception>
    public static JsonNode? TryParse(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { MaxDepth = YamlToJson.MaxDepth });
        try
        {
            reader.Read();
            var node = Read(ref reader, text);
            return reader.Read() ? null : node;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonNode? Read(ref Utf8JsonReader reader, string text)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var mapping = new JsonObject();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = reader.GetString()!;
                    if (mapping.ContainsKey(key))
                    {
                        var line = text.AsSpan(0, Math.Min(text.Length, (int)reader.TokenStartIndex)).Count('\n') + 1;
                        throw new YamlFormatException($"key '{key}' is given twice", line, 1);
                    }

                    reader.Read();
                    mapping.Add(key, Read(ref reader, text));
                }

                return mapping;
            case JsonTokenType.StartArray:
                var array = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    array.Add(Read(ref reader, text));
                }

                return array;
            case JsonTokenType.Null:
                return null;
            default:
                return JsonNode.Parse(ref reader);
        }
    }
}
