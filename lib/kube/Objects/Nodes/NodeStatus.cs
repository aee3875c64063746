namespace Podwire.Kube.Objects;

/// <summary>What was last seen of a node.</summary>
public sealed class NodeStatus : KubeValue
{
    /// <summary>All it has.</summary>
    public Dictionary<string, Quantity> Capacity { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>What pods may take.</summary>
    public Dictionary<string, Quantity> Allocatable { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Not used any more.</summary>
    public string? Phase { get; set; }

    /// <summary>Ready, MemoryPressure, NetworkUnavailable and others.</summary>
    public List<Condition> Conditions { get => field ??= []; set; }

    /// <summary>How it is reached.</summary>
    public List<NodeAddress> Addresses { get => field ??= []; set; }

    /// <summary>Ports of its daemons.</summary>
    public NodeDaemonEndpoints? DaemonEndpoints { get; set; }

    /// <summary>What runs there.</summary>
    public NodeSystemInfo? NodeInfo { get; set; }
}
