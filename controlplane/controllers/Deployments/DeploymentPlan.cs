using Podwire.Kube.Objects;

namespace Podwire.Controllers.Deployments;

/// <summary>The next step of one deployment. Each step is small; the changes come back through the watch and give the next one.</summary>
internal sealed record DeploymentPlan
{
    /// <summary>The replica set to make, or null.</summary>
    public ReplicaSet? Create { get; init; }

    /// <summary>Replica sets to change, in this order; the first failure ends the step.</summary>
    public IReadOnlyList<ReplicaSetChange> Change { get; init; } = [];

    /// <summary>Replica sets beyond the history limit.</summary>
    public IReadOnlyList<ReplicaSet> Delete { get; init; } = [];

    /// <summary>The deployment's own revision annotation, or null to leave it.</summary>
    public string? Revision { get; init; }

    /// <summary>The status to have.</summary>
    public required DeploymentStatus Status { get; init; }

    /// <summary>When to look again though nothing changes: the progress deadline.</summary>
    public TimeSpan? Recheck { get; init; }
}
