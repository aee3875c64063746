namespace Podwire.CniCalico.Ipam.Selectors;

/// <summary>A node of a selector's tree.</summary>
internal sealed record SelectorTerm(SelectorKind Kind, SelectorTerm? Left = null, SelectorTerm? Right = null, string Label = "", IReadOnlyList<string>? Values = null)
{
    /// <summary>True if labels are selected.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        var there = labels.TryGetValue(Label, out var value);
        return Kind switch
        {
            SelectorKind.All => true,
            SelectorKind.And => Left!.Matches(labels) && Right!.Matches(labels),
            SelectorKind.Or => Left!.Matches(labels) || Right!.Matches(labels),
            SelectorKind.Not => !Left!.Matches(labels),
            SelectorKind.Has => there,
            SelectorKind.In => there && Values!.Contains(value!),
            SelectorKind.NotIn => !there || !Values!.Contains(value!),
            SelectorKind.Contains => there && value!.Contains(Values![0], StringComparison.Ordinal),
            SelectorKind.StartsWith => there && value!.StartsWith(Values![0], StringComparison.Ordinal),
            _ => there && value!.EndsWith(Values![0], StringComparison.Ordinal),
        };
    }
}
