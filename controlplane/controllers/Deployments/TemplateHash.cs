using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Podwire.Controllers.Deployments;

/// <summary>
/// Identity of a pod template: equal content means equal text and equal hash, whatever the order of keys.
/// The hash is 32-bit FNV-1a, written in the alphabet of Kubernetes' pod-template-hash (no vowels, no 0, 1 or 3), at most 10 letters.
/// The values differ from upstream's, which hash Go's memory layout; adopted replica sets keep the hash they carry.
/// </summary>
internal static class TemplateHash
{
    /// <summary>The label that tells the pods of one replica set from those of another.</summary>
    public const string Label = "pod-template-hash";

    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The template as JSON with sorted keys, without <see cref="Label"/> and without nulls.</summary>
    public static string Canonical(JsonNode? template)
    {
        var text = new StringBuilder();
        Write(text, template, string.Empty);
        return text.ToString();
    }

    /// <summary>The hash of a canonical template; each <paramref name="collisionCount"/> gives another one.</summary>
    public static string Compute(string canonical, int? collisionCount)
    {
        var hash = 2166136261u;
        foreach (var octet in Encoding.UTF8.GetBytes(canonical))
        {
            hash = (hash ^ octet) * 16777619u;
        }

        if (collisionCount is { } count)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, count);
            foreach (var octet in bytes)
            {
                hash = (hash ^ octet) * 16777619u;
            }
        }

        return string.Concat(hash.ToString().Select(digit => Alphabet[digit % Alphabet.Length]));
    }

    private static void Write(StringBuilder text, JsonNode? node, string path)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject map:
                WriteMap(text, map, path);
                break;
            case JsonArray list:
                text.Append('[');
                foreach (var item in list)
                {
                    Write(text, item, path + "[]");
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(node.ToJsonString());
                break;
        }
    }

    private static void WriteMap(StringBuilder text, JsonObject map, string path)
    {
        text.Append('{');
        foreach (var (key, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (value is null || (path == "metadata.labels" && key == Label))
            {
                continue;
            }

            text.Append(JsonValue.Create(key).ToJsonString()).Append(':');
            Write(text, value, path.Length == 0 ? key : path + "." + key);
            text.Append(',');
        }

        text.Append('}');
    }
}
