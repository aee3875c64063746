namespace Podwire.CniCalico.Agent;

/// <summary>What the command line says.</summary>
internal sealed record CalicoOptions
{
    public required string NodeName { get; init; }

    public string? Kubeconfig { get; init; }

    public string Socket { get; init; } = "/run/podwire-calico/cni.sock";

    public string StateSocket { get; init; } = "/run/podwire-bgp/state.sock";

    /// <summary>Where mtu and nodename are written.</summary>
    public string Directory { get; init; } = "/var/lib/calico";

    public string Health { get; init; } = string.Empty;

    public TimeSpan LeakGrace { get; init; } = TimeSpan.FromMinutes(15);

    public TimeSpan LeakPeriod { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan Resync { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a BGPPeer's session may be missed before it is told.</summary>
    public TimeSpan SessionGrace { get; init; } = TimeSpan.FromSeconds(30);

    public int Verbosity { get; init; }
}
