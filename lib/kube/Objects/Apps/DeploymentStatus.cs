namespace Podwire.Kube.Objects;

/// <summary>What was last seen of a deployment.</summary>
public sealed class DeploymentStatus : KubeValue
{
    /// <summary>The generation that was last acted on.</summary>
    public long? ObservedGeneration { get; set; }

    /// <summary>All pods.</summary>
    public int? Replicas { get; set; }

    /// <summary>Pods of the newest template.</summary>
    public int? UpdatedReplicas { get; set; }

    /// <summary>Ready pods.</summary>
    public int? ReadyReplicas { get; set; }

    /// <summary>Available pods.</summary>
    public int? AvailableReplicas { get; set; }

    /// <summary>Pods still missing.</summary>
    public int? UnavailableReplicas { get; set; }

    /// <summary>Pods on their way out (servers from 1.33 on).</summary>
    public int? TerminatingReplicas { get; set; }

    /// <summary>Counts name collisions of replica sets.</summary>
    public int? CollisionCount { get; set; }

    /// <summary>Available, Progressing, ReplicaFailure.</summary>
    public List<Condition> Conditions { get => field ??= []; set; }
}
