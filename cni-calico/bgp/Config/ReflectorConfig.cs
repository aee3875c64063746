using Podwire.Bgp.Session;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Config;

/// <summary>A whole configuration file, checked.</summary>
public sealed record ReflectorConfig
{
    /// <summary>AS number, identifier, cluster.</summary>
    public required SpeakerConfig Speaker { get; init; }

    /// <summary>Where neighbours may connect; empty for nowhere.</summary>
    public required IReadOnlyList<ListenAddress> Listen { get; init; }

    /// <summary>The neighbours by name.</summary>
    public required IReadOnlyList<NeighborSettings> Neighbors { get; init; }

    /// <summary>The neighbours by network.</summary>
    public required IReadOnlyList<RangeSettings> Ranges { get; init; }

    /// <summary>Prefixes announced as this speaker's own.</summary>
    public required IReadOnlyList<IpPrefix> Networks { get; init; }

    /// <summary>Best routes go into the kernel's main table.</summary>
    public bool Kernel { get; init; }

    /// <summary>How many next hops a kernel route may have, 1 to 64.</summary>
    public int Multipath { get; init; } = 16;

    /// <summary>Networks whose routes are told on but not put into the kernel, because somebody else does; a program that runs the speaker sets it.</summary>
    public IReadOnlyList<IpPrefix> KernelExcept { get; init; } = [];

    /// <summary>Sessions are closed without a word at the end, so that neighbours keep the routes for the restart.</summary>
    public bool EndsGracefully { get; init; }

    /// <summary>The unix socket of the state; empty for none.</summary>
    public string StateSocket { get; init; } = string.Empty;

    /// <summary>Where /metrics and /healthz are served, ADDRESS:PORT; empty for nowhere.</summary>
    public string Metrics { get; init; } = string.Empty;
}
