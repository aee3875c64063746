using Podwire.Iptables;

namespace Podwire.NetPolicy.Config;

/// <summary>What the command line asks for.</summary>
internal sealed record PolicyOptions
{
    /// <summary>The kubeconfig; null for the in-cluster configuration.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The API server's address, overriding the kubeconfig's.</summary>
    public Uri? Master { get; init; }

    /// <summary>The node's name.</summary>
    public string NodeName { get; init; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>nftables or iptables.</summary>
    public string Backend { get; init; } = "nftables";

    /// <summary>Which of a machine's two iptables the back end iptables uses; no flag, since update-alternatives says it.</summary>
    public IptablesVariant Iptables { get; init; } = IptablesVariant.Default;

    /// <summary>Connections that were accepted once go on, whatever policies say later.</summary>
    public bool KeepEstablished { get; init; }

    /// <summary>The longest time between two checks of the kernel.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The shortest time between two transactions.</summary>
    public TimeSpan MinSyncPeriod { get; init; } = TimeSpan.Zero;

    /// <summary>Where /healthz and /metrics are served; empty for nowhere.</summary>
    public string HealthzBindAddress { get; init; } = "127.0.0.1:10257";

    /// <summary>Where the CNI plugin podwire-policy asks; empty for nowhere.</summary>
    public string Socket { get; init; } = "/run/podwire/netpolicy.sock";

    /// <summary>The resolvers that domain names of policies are asked from; null for the cluster's own.</summary>
    public string? ClusterDns { get; init; }

    /// <summary>How long the address of a domain name counts beyond its time to live: a pod may have got it from the resolver's cache at its very end.</summary>
    public TimeSpan DomainGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where the addresses behind wildcards are kept for a later process, beside the socket; empty for nowhere.</summary>
    public string DomainFile => Socket.Length > 0 ? Path.ChangeExtension(Socket, ".domains") : string.Empty;

    /// <summary>Remove every rule and end.</summary>
    public bool Cleanup { get; init; }

    /// <summary>Print what would change and end.</summary>
    public bool DryRun { get; init; }

    /// <summary>-v.</summary>
    public int Verbosity { get; init; }
}
