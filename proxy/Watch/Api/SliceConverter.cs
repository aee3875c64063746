using System.Text.Json;
using System.Text.Json.Serialization;

namespace Podwire.Proxy.Watch.Api;

/// <summary>Reads slices; the proxy writes none.</summary>
internal sealed class SliceConverter : JsonConverter<SliceObject>
{
    /// <inheritdoc/>
    public override SliceObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => SliceReader.Read(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SliceObject value, JsonSerializerOptions options) => throw new NotSupportedException();
}
