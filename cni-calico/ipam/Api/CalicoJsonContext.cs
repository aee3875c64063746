using System.Text.Json.Serialization;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>The source-generated description of <see cref="CalicoResources"/>' types.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IpPool))]
[JsonSerializable(typeof(KubeList<IpPool>))]
[JsonSerializable(typeof(IpamBlock))]
[JsonSerializable(typeof(KubeList<IpamBlock>))]
[JsonSerializable(typeof(BlockAffinity))]
[JsonSerializable(typeof(KubeList<BlockAffinity>))]
[JsonSerializable(typeof(IpamHandle))]
[JsonSerializable(typeof(KubeList<IpamHandle>))]
[JsonSerializable(typeof(IpamConfig))]
[JsonSerializable(typeof(KubeList<IpamConfig>))]
[JsonSerializable(typeof(BgpConfiguration))]
[JsonSerializable(typeof(KubeList<BgpConfiguration>))]
[JsonSerializable(typeof(BgpPeer))]
[JsonSerializable(typeof(KubeList<BgpPeer>))]
[JsonSerializable(typeof(BgpFilter))]
[JsonSerializable(typeof(KubeList<BgpFilter>))]
[JsonSerializable(typeof(IpReservation))]
[JsonSerializable(typeof(KubeList<IpReservation>))]
internal sealed partial class CalicoJsonContext : JsonSerializerContext;
