namespace Podwire.Kube.Objects;

/// <summary>What was last seen of a replica set.</summary>
public sealed class ReplicaSetStatus : KubeValue
{
    /// <summary>All pods.</summary>
    public int Replicas { get; set; }

    /// <summary>Pods with all labels of the template.</summary>
    public int? FullyLabeledReplicas { get; set; }

    /// <summary>Ready pods.</summary>
    public int? ReadyReplicas { get; set; }

    /// <summary>Available pods.</summary>
    public int? AvailableReplicas { get; set; }

    /// <summary>Pods on their way out (servers from 1.33 on).</summary>
    public int? TerminatingReplicas { get; set; }

    /// <summary>The generation that was last acted on.</summary>
    public long? ObservedGeneration { get; set; }

    /// <summary>ReplicaFailure.</summary>
    public List<Condition> Conditions { get => field ??= []; set; }
}
