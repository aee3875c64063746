using System.Text.Json;
using System.Text.Json.Serialization;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>How <see cref="MetadataOnly"/> is read: as every other object, without the rest.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MetadataOnly))]
[JsonSerializable(typeof(KubeList<MetadataOnly>))]
internal sealed partial class MetadataJson : JsonSerializerContext
{
    /// <summary>Options for the resources that garbage collection follows.</summary>
    public static JsonSerializerOptions ForResources { get; } = KubeJson.With(Default);
}
