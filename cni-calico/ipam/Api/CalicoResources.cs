using System.Text.Json;
using Podwire.Kube;
using Podwire.Kube.Json;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Calico's resources in crd.projectcalico.org/v1, all of them cluster-wide.</summary>
public static class CalicoResources
{
    /// <summary>The group.</summary>
    public const string Group = "crd.projectcalico.org";

    /// <summary>Group and version.</summary>
    public const string ApiVersion = Group + "/v1";

    private static readonly JsonSerializerOptions Options = KubeJson.With(CalicoJsonContext.Default);

    /// <summary>ippools.</summary>
    public static KubeResource<IpPool> IpPools { get; } = new(Group, "v1", "IPPool", "ippools", false, Options);

    /// <summary>ipamblocks.</summary>
    public static KubeResource<IpamBlock> IpamBlocks { get; } = new(Group, "v1", "IPAMBlock", "ipamblocks", false, Options);

    /// <summary>blockaffinities.</summary>
    public static KubeResource<BlockAffinity> BlockAffinities { get; } = new(Group, "v1", "BlockAffinity", "blockaffinities", false, Options);

    /// <summary>ipamhandles.</summary>
    public static KubeResource<IpamHandle> IpamHandles { get; } = new(Group, "v1", "IPAMHandle", "ipamhandles", false, Options);

    /// <summary>ipamconfigs.</summary>
    public static KubeResource<IpamConfig> IpamConfigs { get; } = new(Group, "v1", "IPAMConfig", "ipamconfigs", false, Options);

    /// <summary>bgpconfigurations.</summary>
    public static KubeResource<BgpConfiguration> BgpConfigurations { get; } = new(Group, "v1", "BGPConfiguration", "bgpconfigurations", false, Options);

    /// <summary>bgppeers.</summary>
    public static KubeResource<BgpPeer> BgpPeers { get; } = new(Group, "v1", "BGPPeer", "bgppeers", false, Options);

    /// <summary>bgpfilters.</summary>
    public static KubeResource<BgpFilter> BgpFilters { get; } = new(Group, "v1", "BGPFilter", "bgpfilters", false, Options);

    /// <summary>ipreservations.</summary>
    public static KubeResource<IpReservation> IpReservations { get; } = new(Group, "v1", "IPReservation", "ipreservations", false, Options);

    /// <summary>A deep copy: objects of a store are shared.</summary>
    public static T Clone<T>(T value) => JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(value, TypeInfo<T>()), TypeInfo<T>())!;

    private static System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> TypeInfo<T>() => (System.Text.Json.Serialization.Metadata.JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}
