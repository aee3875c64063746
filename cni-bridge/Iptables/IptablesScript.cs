using System.Text;

namespace Podwire.CniBridge.Iptables;

/// <summary>
/// What one <c>iptables-restore --noflush</c> is to do, all of it or nothing. Chains are made by <c>-N</c>, which fails if somebody else
/// was faster, rather than by <c>:CHAIN</c>, which would empty theirs.
/// </summary>
internal sealed class IptablesScript(string table, IptablesSnapshot present)
{
    private readonly StringBuilder lines = new();
    private readonly HashSet<string> made = new(StringComparer.Ordinal);

    /// <summary>True if there is nothing to do.</summary>
    internal bool IsEmpty => lines.Length == 0;

    /// <summary>The text for stdin.</summary>
    internal string Text => $"*{table}\n{lines}COMMIT\n";

    /// <summary>Makes a chain that is not there.</summary>
    internal void Ensure(string chain)
    {
        if (!present.Has(chain) && made.Add(chain))
        {
            Line($"-N {chain}");
        }
    }

    /// <summary>Makes a chain, or empties the one that is there unless it holds just these rules, and fills it.</summary>
    internal void Fill(string chain, IReadOnlyList<IptablesRule> rules)
    {
        if (IsFilled(present[chain], rules) && present.Has(chain))
        {
            return;
        }

        Ensure(chain);
        if (present[chain].Count > 0)
        {
            Line($"-F {chain}");
        }

        foreach (var rule in rules)
        {
            Line($"-A {chain} {rule.Text}");
        }
    }

    /// <summary>Appends a rule unless the chain has it.</summary>
    internal void Append(string chain, IptablesRule rule)
    {
        if (!present.Has(chain, rule))
        {
            Line($"-A {chain} {rule.Text}");
        }
    }

    /// <summary>Puts a rule first unless the chain has it.</summary>
    internal void Prepend(string chain, IptablesRule rule)
    {
        if (!present.Has(chain, rule))
        {
            Line($"-I {chain} 1 {rule.Text}");
        }
    }

    /// <summary>Puts a rule first, whether or not the chain has it.</summary>
    internal void Insert(string chain, IptablesRule rule) => Line($"-I {chain} 1 {rule.Text}");

    /// <summary>Deletes the chain's rules that are meant.</summary>
    internal void Delete(string chain, Func<IptablesRule, bool> isMeant)
    {
        foreach (var rule in present[chain].Where(isMeant))
        {
            Line($"-D {chain} {rule.Text}");
        }
    }

    /// <summary>Deletes a chain with its rules and, before that, the rules of another one that lead to it.</summary>
    internal void Remove(string chain, string entrance)
    {
        Delete(entrance, rule => rule.Target == chain);
        if (present.Has(chain))
        {
            Line($"-F {chain}");
            Line($"-X {chain}");
        }
    }

    /// <summary>True if the rules say the same in the same order.</summary>
    internal static bool IsFilled(IReadOnlyList<IptablesRule> present, IReadOnlyList<IptablesRule> rules) =>
        present.Count == rules.Count && present.Zip(rules).All(pair => pair.First.Says(pair.Second));

    private void Line(string text) => lines.Append(text).Append('\n');
}
