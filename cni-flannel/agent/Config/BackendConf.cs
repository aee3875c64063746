namespace Podwire.CniFlannel.Agent.Config;

/// <summary>The Backend object of net-conf.json.</summary>
internal sealed record BackendConf
{
    /// <summary>The overhead of VXLAN in bytes over an IPv4 underlay: Ethernet 14, VXLAN 8, UDP 8, IPv4 20 (RFC 7348 section 5).</summary>
    internal const int VxlanOverheadV4 = 50;

    /// <summary>The same over IPv6, whose header has 40 bytes.</summary>
    internal const int VxlanOverheadV6 = 70;

    /// <summary>Which one.</summary>
    public required BackendType Type { get; init; }

    /// <summary>The name as the annotation backend-type carries it.</summary>
    public string Name => Type switch
    {
        BackendType.Vxlan => "vxlan",
        BackendType.HostGw => "host-gw",
        _ => "alloc",
    };

    /// <summary>The VXLAN network identifier.</summary>
    public uint Vni { get; init; } = 1;

    /// <summary>The UDP port; flannel leaves it to the Linux kernel, whose default this is.</summary>
    public ushort Port { get; init; } = 8472;

    /// <summary>The VXLAN group policy extension.</summary>
    public bool Gbp { get; init; }

    /// <summary>Whether the device learns remote addresses from packets.</summary>
    public bool Learning { get; init; }

    /// <summary>Whether nodes on the same link are reached by plain routes.</summary>
    public bool DirectRouting { get; init; }

    /// <summary>The MTU of the underlay in bytes, in place of its interface's.</summary>
    public int? Mtu { get; init; }
}
