namespace Podwire.Kube.Objects;

/// <summary>Requirements that must all hold; an empty term matches no node.</summary>
public sealed class NodeSelectorTerm : KubeValue
{
    /// <summary>On labels.</summary>
    public List<NodeSelectorRequirement> MatchExpressions { get => field ??= []; set; }

    /// <summary>On fields; only <c>metadata.name</c> is known.</summary>
    public List<NodeSelectorRequirement> MatchFields { get => field ??= []; set; }
}
