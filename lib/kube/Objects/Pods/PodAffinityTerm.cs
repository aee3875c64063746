namespace Podwire.Kube.Objects;

/// <summary>Which pods, and what «near» means.</summary>
public sealed class PodAffinityTerm : KubeValue
{
    /// <summary>The pods; null is none.</summary>
    public LabelSelector? LabelSelector { get; set; }

    /// <summary>Where to look; the pod's own if both are empty.</summary>
    public List<string> Namespaces { get => field ??= []; set; }

    /// <summary>Where to look by label.</summary>
    public LabelSelector? NamespaceSelector { get; set; }

    /// <summary>The node label whose equal value means «near».</summary>
    public string TopologyKey { get; set; } = "";
}
