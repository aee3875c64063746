namespace Podwire.Kube.Objects;

/// <summary>A query for nodes: one of the terms must hold.</summary>
public sealed class NodeSelector : KubeValue
{
    /// <summary>The terms, joined by or.</summary>
    public List<NodeSelectorTerm> NodeSelectorTerms { get => field ??= []; set; }
}
