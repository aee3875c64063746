namespace Podwire.CniBridge.Iptables;

/// <summary>A table as iptables-save prints it.</summary>
internal sealed class IptablesSnapshot
{
    private readonly Dictionary<string, List<IptablesRule>> chains = new(StringComparer.Ordinal);

    /// <summary>The chains' names.</summary>
    internal IEnumerable<string> Chains => chains.Keys;

    /// <summary>A chain's rules in their order; none if there is no such chain.</summary>
    internal IReadOnlyList<IptablesRule> this[string chain] => chains.TryGetValue(chain, out var rules) ? rules : [];

    /// <summary>Reads the text, in which <c>:CHAIN</c> declares and <c>-A CHAIN</c> fills.</summary>
    internal static IptablesSnapshot Parse(string text)
    {
        var snapshot = new IptablesSnapshot();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(':') && line.IndexOf(' ', StringComparison.Ordinal) is > 1 and var end)
            {
                snapshot.chains.TryAdd(line[1..end], []);
            }
            else if (IptablesRule.Parse(line) is var (chain, rule))
            {
                (snapshot.chains.TryGetValue(chain, out var rules) ? rules : snapshot.chains[chain] = []).Add(rule);
            }
        }

        return snapshot;
    }

    /// <summary>True if the chain is there.</summary>
    internal bool Has(string chain) => chains.ContainsKey(chain);

    /// <summary>True if the chain has a rule that says the same.</summary>
    internal bool Has(string chain, IptablesRule rule) => this[chain].Any(rule.Says);
}
