using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>metav1.Time: RFC 3339 in UTC, whole seconds on writing, any fraction on reading.</summary>
internal sealed class TimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        MicroTimeConverter.ReadTime(ref reader);

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
