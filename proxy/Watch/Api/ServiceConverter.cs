using System.Text.Json;
using System.Text.Json.Serialization;

namespace Podwire.Proxy.Watch.Api;

/// <summary>Reads Services; the proxy writes none.</summary>
internal sealed class ServiceConverter : JsonConverter<ServiceObject>
{
    /// <inheritdoc/>
    public override ServiceObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ServiceReader.Read(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ServiceObject value, JsonSerializerOptions options) => throw new NotSupportedException();
}
