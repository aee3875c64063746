using System.Text.Json.Serialization;
using Podwire.Kube.Objects;

namespace Podwire.Proxy.Watch.Api;

/// <summary>The source-generated description of <see cref="ProxyResources"/>' types.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServiceObject))]
[JsonSerializable(typeof(KubeList<ServiceObject>))]
[JsonSerializable(typeof(SliceObject))]
[JsonSerializable(typeof(KubeList<SliceObject>))]
internal sealed partial class ProxyJsonContext : JsonSerializerContext;
