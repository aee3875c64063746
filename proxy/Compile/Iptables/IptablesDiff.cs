namespace Podwire.Proxy.Compile.Iptables;

/// <summary>What leads from the chains that are there to those that should be. Pure.</summary>
internal static class IptablesDiff
{
    private static readonly IptablesTable[] Tables = [IptablesTable.Mangle, IptablesTable.Filter, IptablesTable.Nat];

    /// <summary>The change from what iptables-save listed to the model.</summary>
    public static IptablesChange Between(IptablesListing actual, IptablesModel model)
    {
        var change = new IptablesChange();
        var desired = model.ToListing();
        foreach (var table in Tables)
        {
            var there = actual.Chains(table);
            foreach (var (chain, rules) in desired.Chains(table))
            {
                // Without localhost node ports KUBE-FIREWALL only has to exist: its rule is the kubelet's business.
                var isManaged = chain != KubeChains.Firewall || model.Settings.LocalhostNodePorts;
                if (!there.TryGetValue(chain, out var present) || (isManaged && !present.SequenceEqual(rules)))
                {
                    change.Write(table, chain, rules);
                }
            }

            foreach (var chain in there.Keys)
            {
                if (KubeChains.IsOwn(table, chain) && !desired.Chains(table).ContainsKey(chain))
                {
                    Discard(change, table, chain, there);
                }
            }
        }

        foreach (var jump in KubeJump.All)
        {
            if (!actual.Chains(jump.Table).TryGetValue(jump.From, out var rules) || !rules.Contains(jump.Rule))
            {
                change.Insert(jump);
            }
        }

        return change;
    }

    /// <summary>The change that leaves nothing of a proxy in this mode, ours or kube-proxy's.</summary>
    /// <param name="actual">What iptables-save listed.</param>
    /// <param name="keepShared">Only the chains of Services go, because another layout uses the others under the same names.</param>
    public static IptablesChange Removing(IptablesListing actual, bool keepShared = false)
    {
        var change = new IptablesChange();
        var hasKubelet = actual.Chains(IptablesTable.Mangle).ContainsKey(KubeChains.KubeletHint);
        foreach (var table in Tables)
        {
            var there = actual.Chains(table);
            bool Goes(string chain) => (KubeChains.IsOwn(table, chain) && (!keepShared || KubeChains.IsOfService(chain)))
                || (table == IptablesTable.Filter && chain == KubeChains.Firewall && !hasKubelet && !keepShared);
            var stays = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (chain, rules) in there)
            {
                if (Goes(chain))
                {
                    continue;
                }

                foreach (var rule in rules)
                {
                    if (rule.Target is IptablesTarget.Jump jump && Goes(jump.Chain))
                    {
                        if (rule.Matches.Any(static match => match is IptablesMatch.Other))
                        {
                            stays.Add(jump.Chain);
                        }
                        else
                        {
                            change.Remove(new(table, chain, rule));
                        }
                    }
                }
            }

            foreach (var chain in there.Keys.Where(Goes))
            {
                if (stays.Contains(chain))
                {
                    change.Write(table, chain, []);
                }
                else
                {
                    change.Delete(table, chain);
                }
            }
        }

        return change;
    }

    /// <summary>Deletes a chain; one that somebody else's rule leads to can only be emptied.</summary>
    private static void Discard(IptablesChange change, IptablesTable table, string chain, IReadOnlyDictionary<string, List<IptablesRule>> there)
    {
        foreach (var (name, rules) in there)
        {
            if (!KubeChains.IsOwn(table, name) && rules.Any(rule => rule.Target is IptablesTarget.Jump jump && jump.Chain == chain))
            {
                change.Write(table, chain, []);
                return;
            }
        }

        change.Delete(table, chain);
    }
}
