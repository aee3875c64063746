using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Config;

/// <summary>The Backend object of net-conf.json.</summary>
internal sealed record BackendConf
{
    /// <summary>The port of vxlan; flannel leaves it to the Linux kernel, whose default this is.</summary>
    internal const ushort VxlanPort = 8472;

    /// <summary>The port of udp.</summary>
    internal const ushort UdpPort = 8285;

    /// <summary>Which one.</summary>
    public required BackendType Type { get; init; }

    /// <summary>The name as the annotation backend-type carries it.</summary>
    public string Name => Type switch
    {
        BackendType.Vxlan => "vxlan",
        BackendType.HostGw => "host-gw",
        BackendType.Ipip => "ipip",
        BackendType.Udp => "udp",
        _ => "alloc",
    };

    /// <summary>The VXLAN network identifier.</summary>
    public uint Vni { get; init; } = 1;

    /// <summary>The UDP port of vxlan or udp.</summary>
    public ushort Port { get; init; } = VxlanPort;

    /// <summary>The VXLAN group policy extension.</summary>
    public bool Gbp { get; init; }

    /// <summary>Whether the device learns remote addresses from packets.</summary>
    public bool Learning { get; init; }

    /// <summary>Whether nodes on the same link are reached by plain routes.</summary>
    public bool DirectRouting { get; init; }

    /// <summary>The MTU of the underlay in bytes, in place of its interface's.</summary>
    public int? Mtu { get; init; }

    /// <summary>
    /// What the back end takes from the MTU in bytes. vxlan: Ethernet 14, VXLAN 8, UDP 8 and the outer IP header, 20 or 40 (RFC 7348 section 5); ipip: the
    /// outer header (RFC 2003); udp: UDP 8 and the outer header.
    /// </summary>
    /// <param name="underlay">The family of the outer packets.</param>
    public int Overhead(IpFamily underlay)
    {
        var ip = underlay == IpFamily.V4 ? 20 : 40;
        return Type switch
        {
            BackendType.Vxlan => 30 + ip,
            BackendType.Ipip => ip,
            BackendType.Udp => 8 + ip,
            _ => 0,
        };
    }

    /// <summary>True if a node that calls its back end so can be reached: flanneld's udp back end leaves the name out.</summary>
    public bool Understands(string backendType) => backendType == Name || (Type == BackendType.Udp && backendType.Length == 0);
}
