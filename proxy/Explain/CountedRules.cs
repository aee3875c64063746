using System.Globalization;
using Podwire.Proxy.Compile.Iptables;

namespace Podwire.Proxy.Explain;

/// <summary>What <c>iptables-save --counters</c> lists: chains with their rules and policies, by table. Pure.</summary>
internal sealed class CountedRules
{
    private readonly Dictionary<(string Table, string Chain), List<CountedRule>> chains = [];
    private readonly Dictionary<(string Table, string Chain), string> policies = [];

    /// <summary>Reads a listing.</summary>
    /// <exception cref="FormatException">A rule that iptables-save does not write.</exception>
    public static CountedRules Read(string text)
    {
        var all = new CountedRules();
        var table = string.Empty;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line.StartsWith('*'))
            {
                table = line[1..];
            }
            else if (line.StartsWith(':') && line[1..].Split(' ') is [var name, var policy, ..])
            {
                all.chains.TryAdd((table, name), []);
                all.policies[(table, name)] = policy;
            }
            else if (line.StartsWith('[') && line.IndexOf("] -A ", StringComparison.Ordinal) is > 0 and var end)
            {
                var rest = line[(end + 5)..];
                var space = rest.IndexOf(' ');
                var (chain, rule) = space < 0 ? (rest, string.Empty) : (rest[..space], rest[(space + 1)..]);
                _ = ulong.TryParse(line[1..end].Split(':')[0], CultureInfo.InvariantCulture, out var packets);
                if (!all.chains.TryGetValue((table, chain), out var rules))
                {
                    all.chains[(table, chain)] = rules = [];
                }

                rules.Add(new(IptablesReader.ReadRule(rule), rule, packets));
            }
        }

        return all;
    }

    /// <summary>True if the table has the chain.</summary>
    public bool Has(string table, string chain) => chains.ContainsKey((table, chain));

    /// <summary>The rules of a chain; none where there is no such chain.</summary>
    public IReadOnlyList<CountedRule> Rules(string table, string chain) => chains.TryGetValue((table, chain), out var rules) ? rules : [];

    /// <summary>True if what comes to the end of a built-in chain is dropped.</summary>
    public bool DropsAtTheEnd(string table, string chain) => policies.GetValueOrDefault((table, chain)) == "DROP";
}
