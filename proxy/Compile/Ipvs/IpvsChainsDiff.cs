using Podwire.Proxy.Compile.Iptables;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>What leads from the iptables chains that are there to those of this mode. Pure.</summary>
internal static class IpvsChainsDiff
{
    private static readonly IptablesTable[] Tables = [IptablesTable.Filter, IptablesTable.Nat];

    /// <summary>The change from what iptables-save listed.</summary>
    public static IptablesChange Between(IptablesListing actual, IpvsSettings settings, IReadOnlyList<IpvsServiceKey> denied)
    {
        var change = new IptablesChange();
        foreach (var (table, chain) in IpvsChains.All)
        {
            var rules = IpvsChains.Rules(table, chain, settings, denied);
            if (!actual.Chains(table).TryGetValue(chain, out var present) || !present.SequenceEqual(rules))
            {
                change.Write(table, chain, rules);
            }
        }

        foreach (var jump in IpvsChains.Jumps)
        {
            if (!actual.Chains(jump.Table).TryGetValue(jump.From, out var rules) || !rules.Contains(jump.Rule))
            {
                change.Insert(jump);
            }
        }

        // What mode iptables leaves in the filter table refuses Services that had no endpoints then.
        Discard(actual, change, static (table, chain) => table == IptablesTable.Filter && KubeChains.IsOwn(table, chain) && !IpvsChains.All.Contains((table, chain)));
        return change;
    }

    /// <summary>The change that leaves nothing of this mode.</summary>
    /// <param name="actual">What iptables-save listed.</param>
    /// <param name="keepShared">Chains that mode iptables has under the same names stay: it has taken over.</param>
    public static IptablesChange Removing(IptablesListing actual, bool keepShared)
    {
        var change = new IptablesChange();
        Discard(actual, change, (table, chain) => IpvsChains.All.Contains((table, chain)) && !(keepShared && KubeChains.IsOwn(table, chain)));
        if (keepShared)
        {
            foreach (var jump in IpvsChains.Jumps)
            {
                // The same chain, led to by another rule.
                if (KubeChains.IsOwn(jump.Table, jump.To) && !KubeJump.All.Any(other => other.Table == jump.Table && other.From == jump.From && other.Rule == jump.Rule)
                    && actual.Chains(jump.Table).TryGetValue(jump.From, out var rules) && rules.Contains(jump.Rule))
                {
                    change.Remove(jump);
                }
            }
        }

        return change;
    }

    /// <summary>True if a chain of this mode alone is there.</summary>
    public static bool IsPresent(IptablesListing actual) => IpvsChains.All.Any(entry => !KubeChains.IsOwn(entry.Table, entry.Chain) && actual.Chains(entry.Table).ContainsKey(entry.Chain));

    private static void Discard(IptablesListing actual, IptablesChange change, Func<IptablesTable, string, bool> goes)
    {
        foreach (var table in Tables)
        {
            foreach (var (chain, rules) in actual.Chains(table))
            {
                if (goes(table, chain))
                {
                    change.Delete(table, chain);
                    continue;
                }

                foreach (var rule in rules)
                {
                    if (rule.Target is IptablesTarget.Jump jump && goes(table, jump.Chain))
                    {
                        change.Remove(new(table, chain, rule));
                    }
                }
            }
        }
    }
}
