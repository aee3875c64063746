namespace Podwire.CniCalico.Ipam.Selectors;

/// <summary>
/// Calico's selector language over labels: <c>==</c>, <c>!=</c>, <c>in {}</c>, <c>not in {}</c>, <c>contains</c>, <c>starts with</c>,
/// <c>ends with</c>, <c>has()</c>, <c>all()</c>, <c>global()</c>, <c>&amp;&amp;</c>, <c>||</c>, <c>!</c> and parentheses. An empty text selects everything.
/// </summary>
public sealed class CalicoSelector
{
    private readonly SelectorTerm root;

    private CalicoSelector(string text, SelectorTerm root) => (Text, this.root) = (text, root);

    /// <summary>Selects everything.</summary>
    public static CalicoSelector All { get; } = new("all()", new SelectorTerm(SelectorKind.All));

    /// <summary>The text it was read from.</summary>
    public string Text { get; }

    /// <summary>Reads a text; null and the empty one select everything.</summary>
    /// <exception cref="FormatException">It is malformed; the message names the place.</exception>
    public static CalicoSelector Parse(string? text) =>
        string.IsNullOrWhiteSpace(text) ? All : new CalicoSelector(text, new SelectorReader(text).Read());

    /// <summary>True if labels are selected. A label that is not there is unequal to everything.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) => root.Matches(labels);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
