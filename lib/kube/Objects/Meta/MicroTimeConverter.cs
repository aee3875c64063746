using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>metav1.MicroTime: RFC 3339 in UTC with six digits of fraction on writing, any fraction on reading.</summary>
internal sealed class MicroTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadTime(ref reader);

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));

    internal static DateTimeOffset ReadTime(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException("expected a time in RFC 3339");
        }

        // Utf8JsonReader takes at most 16 digits of fraction and needs an offset to be unambiguous; Go writes at most 9.
        var text = reader.GetString()!;
        return text.Length >= 20 && text[10] is 'T' or 't'
            && (text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')
            && reader.TryGetDateTimeOffset(out var time)
                ? time.ToUniversalTime()
                : throw new JsonException($"'{text}' is not a time in RFC 3339, such as 2006-01-02T15:04:05Z");
    }
}
