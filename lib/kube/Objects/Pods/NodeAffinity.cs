namespace Podwire.Kube.Objects;

/// <summary>Demands on the node.</summary>
public sealed class NodeAffinity : KubeValue
{
    /// <summary>Must hold.</summary>
    public NodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; set; }

    /// <summary>Better if it holds.</summary>
    public List<PreferredSchedulingTerm> PreferredDuringSchedulingIgnoredDuringExecution { get => field ??= []; set; }
}
