using System.Text.Json.Serialization;
using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>The source-generated description of <see cref="PolicyResources"/>' types.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PodObject))]
[JsonSerializable(typeof(KubeList<PodObject>))]
[JsonSerializable(typeof(NamespaceObject))]
[JsonSerializable(typeof(KubeList<NamespaceObject>))]
[JsonSerializable(typeof(NodeObject))]
[JsonSerializable(typeof(KubeList<NodeObject>))]
[JsonSerializable(typeof(PolicyObject))]
[JsonSerializable(typeof(KubeList<PolicyObject>))]
[JsonSerializable(typeof(NetworkPolicySpec))]
[JsonSerializable(typeof(ClusterPolicySpec))]
internal sealed partial class PolicyJsonContext : JsonSerializerContext;
