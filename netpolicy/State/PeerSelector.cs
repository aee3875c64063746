namespace Podwire.NetPolicy.State;

/// <summary>Pods by their labels, in one namespace or in those whose labels match.</summary>
/// <param name="Namespace">The one namespace; null where <paramref name="Namespaces"/> says which.</param>
/// <param name="Namespaces">Which namespaces; null where there is only one.</param>
/// <param name="Pods">Which pods in them.</param>
internal sealed record PeerSelector(string? Namespace, LabelQuery? Namespaces, LabelQuery Pods)
{
    /// <summary>Every pod of every namespace.</summary>
    public static PeerSelector AllPods { get; } = new(null, LabelQuery.Everything, LabelQuery.Everything);

    /// <summary>Equal for selectors that mean the same.</summary>
    public string Text => Namespace is not null ? $"{Namespace}/{Pods.Text}" : $"[{Namespaces!.Text}]/{Pods.Text}";

    /// <summary>True if it selects a pod with these labels in a namespace with these.</summary>
    public bool Matches(string ns, LabelSet namespaceLabels, LabelSet labels) =>
        (Namespace is not null ? Namespace == ns : Namespaces!.Matches(namespaceLabels)) && Pods.Matches(labels);
}
