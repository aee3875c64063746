using System.Text.Json.Serialization;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>How <see cref="MetadataOnly"/> is read: as every other object, without the rest.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MetadataOnly))]
[JsonSerializable(typeof(KubeList<MetadataOnly>))]
internal sealed partial class MetadataJson : JsonSerializerContext;
