using System.Buffers;
using System.Text.Json;

namespace Podwire.Cni;

/// <summary>Small steps over JSON text as text: configurations are passed on as they came, with single keys set.</summary>
public static class CniJson
{
    /// <summary>Compact, and text such as '+' or an accented letter is left as it is: the reader is no browser.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = new MinimalJsonEncoder(), SkipValidation = true };

    /// <summary>
    /// A copy of an object with keys set to values that are JSON text themselves; an empty value removes the key. Keys that were
    /// there and are not named keep their place; those set come last in the order given.
    /// </summary>
    /// <exception cref="CniException">Code 6: not an object.</exception>
    public static byte[] Set(ReadOnlyMemory<byte> json, params ReadOnlySpan<KeyValuePair<string, ReadOnlyMemory<byte>>> edits)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            var reader = new JsonObjectReader(json, "the configuration");
            while (reader.Next())
            {
                var key = reader.Key;
                if (IndexOf(edits, key) < 0)
                {
                    writer.WritePropertyName(key);
                    writer.WriteRawValue(reader.Raw().Span, skipInputValidation: true);
                }
            }

            foreach (var (key, value) in edits)
            {
                if (!value.IsEmpty)
                {
                    writer.WritePropertyName(key);
                    writer.WriteRawValue(value.Span, skipInputValidation: true);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A text as a JSON string with its quotes.</summary>
    public static byte[] String(string text)
    {
        var buffer = new ArrayBufferWriter<byte>(text.Length + 8);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStringValue(text);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static int IndexOf(ReadOnlySpan<KeyValuePair<string, ReadOnlyMemory<byte>>> edits, string key)
    {
        for (var i = 0; i < edits.Length; i++)
        {
            if (edits[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }
}
