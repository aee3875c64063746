using Podwire.Primitives;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Config;

/// <summary>The section <c>ipvs</c> of KubeProxyConfiguration, without the periods.</summary>
internal sealed record IpvsOptions
{
    /// <summary>scheduler; rr unless given.</summary>
    public string Scheduler { get; init; } = IpvsSchedulers.Default;

    /// <summary>excludeCIDRs: services at these addresses are left alone when others that nobody asked for are removed.</summary>
    public IReadOnlyList<IpPrefix> ExcludeCidrs { get; init; } = [];

    /// <summary>strictARP: only the interface that has an address answers for it.</summary>
    public bool StrictArp { get; init; }

    /// <summary>tcpTimeout; zero leaves the kernel's.</summary>
    public TimeSpan TcpTimeout { get; init; }

    /// <summary>tcpFinTimeout; zero leaves the kernel's.</summary>
    public TimeSpan TcpFinTimeout { get; init; }

    /// <summary>udpTimeout; zero leaves the kernel's.</summary>
    public TimeSpan UdpTimeout { get; init; }
}
