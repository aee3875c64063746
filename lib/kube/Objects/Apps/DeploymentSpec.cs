namespace Podwire.Kube.Objects;

/// <summary>What a deployment is to be.</summary>
public sealed class DeploymentSpec : KubeValue
{
    /// <summary>How many pods; default 1.</summary>
    public int? Replicas { get; set; }

    /// <summary>Which pods are its own.</summary>
    public LabelSelector Selector { get; set; } = new();

    /// <summary>What the pods are like.</summary>
    public PodTemplateSpec Template { get; set; } = new();

    /// <summary>How changes are rolled out.</summary>
    public DeploymentStrategy? Strategy { get; set; }

    /// <summary>Seconds a pod has to be ready to count as available.</summary>
    public int? MinReadySeconds { get; set; }

    /// <summary>How many old replica sets are kept; default 10.</summary>
    public int? RevisionHistoryLimit { get; set; }

    /// <summary>True: changes are not rolled out.</summary>
    public bool? Paused { get; set; }

    /// <summary>Seconds without progress that count as failure; default 600.</summary>
    public int? ProgressDeadlineSeconds { get; set; }
}
