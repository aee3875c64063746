using System.Globalization;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile.Iptables;

/// <summary>Reads what <c>iptables-save -c</c> counted.</summary>
internal static class IptablesCounters
{
    /// <summary>The chain of the class that judges a pod in a direction, and how many packets it denied in either direction of their connections; null if there is none.</summary>
    public static (string Chain, ulong Denied)? Denied(string text, IpAddress pod, bool ingress)
    {
        var chains = new Dictionary<string, List<(ulong Packets, string Rule)>>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            // [packets:bytes] -A CHAIN RULE
            if (line.StartsWith('[') && line.IndexOf(':') is var colon and > 0 && line.IndexOf("] -A ", StringComparison.Ordinal) is var end and > 0
                && ulong.TryParse(line.AsSpan(1, colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var packets)
                && line.IndexOf(' ', end + 5) is var space and > 0)
            {
                var name = line[(end + 5)..space];
                if (!chains.TryGetValue(name, out var rules))
                {
                    chains[name] = rules = [];
                }

                rules.Add((packets, line[(space + 1)..]));
            }
        }

        var host = IpPrefix.Host(pod);
        string[] leads = ingress
            ? [$"-d {host} -m conntrack --ctdir ORIGINAL -j ", $"-s {host} -m conntrack --ctdir REPLY -j "]
            : [$"-s {host} -m conntrack --ctdir ORIGINAL -j ", $"-d {host} -m conntrack --ctdir REPLY -j "];
        string? chain = null;
        var denied = 0UL;
        foreach (var (_, rule) in chains.GetValueOrDefault(IptablesNames.Pod(pod)) ?? [])
        {
            foreach (var lead in leads)
            {
                if (rule.StartsWith(lead, StringComparison.Ordinal))
                {
                    chain ??= rule[lead.Length..];
                    denied += Sum(chains, rule[lead.Length..], []);
                }
            }
        }

        return chain is null ? null : (chain, denied);
    }

    private static ulong Sum(Dictionary<string, List<(ulong Packets, string Rule)>> chains, string name, HashSet<string> known)
    {
        var sum = 0UL;
        foreach (var (packets, rule) in known.Add(name) ? chains.GetValueOrDefault(name) ?? [] : [])
        {
            var target = rule[(rule.LastIndexOf(' ') + 1)..];
            sum += target == IptablesNames.Deny ? packets : rule.Contains(" -g ", StringComparison.Ordinal) || rule.StartsWith("-g ", StringComparison.Ordinal) ? Sum(chains, target, known) : 0;
        }

        return sum;
    }
}
