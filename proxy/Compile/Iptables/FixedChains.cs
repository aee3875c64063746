using Podwire.Primitives;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>The rules that do not depend on Services.</summary>
internal static class FixedChains
{
    /// <summary>The rules that a chain begins with, before those of Services.</summary>
    public static IEnumerable<IptablesRule> Head(IptablesTable table, string chain, IptablesSettings settings)
    {
        var mark = settings.Common.MasqueradeMark;
        switch (table, chain)
        {
            case (IptablesTable.Nat, KubeChains.Postrouting):
                yield return new() { Matches = [new IptablesMatch.Mark(mark, mark, Negated: true)], Target = IptablesTarget.Return };
                // Without its mark the packet is not masqueraded again where it passes the stack once more.
                yield return new() { Target = IptablesTarget.SetMark.Xor(mark) };
                yield return new() { Matches = [new IptablesMatch.Comment("kubernetes service traffic requiring SNAT")], Target = new IptablesTarget.Masquerade(RandomFully: true) };
                break;
            case (IptablesTable.Nat, KubeChains.MarkMasquerade):
                yield return new() { Target = IptablesTarget.SetMark.Or(mark) };
                break;
            case (IptablesTable.Filter, KubeChains.Forward):
                if (settings.Common.DropInvalid)
                {
                    yield return new() { Matches = [new IptablesMatch.State(ConntrackStates.Invalid)], Target = IptablesTarget.Drop };
                }

                yield return new() { Matches = [new IptablesMatch.Comment("kubernetes forwarding rules"), new IptablesMatch.Mark(mark, mark)], Target = IptablesTarget.Accept };
                yield return new()
                {
                    Matches = [new IptablesMatch.Comment("kubernetes forwarding conntrack rule"), new IptablesMatch.State(ConntrackStates.Related | ConntrackStates.Established)],
                    Target = IptablesTarget.Accept,
                };
                break;
            case (IptablesTable.Filter, KubeChains.Firewall):
                // route_localnet would let neighbours reach what listens at 127.0.0.1 (CVE-2020-8558).
                yield return new()
                {
                    Source = settings.Loopback,
                    SourceNegated = true,
                    Destination = settings.Loopback,
                    Matches =
                    [
                        new IptablesMatch.Comment("block incoming localnet connections"),
                        new IptablesMatch.State(ConntrackStates.Related | ConntrackStates.Established | ConntrackStates.Dnat, Negated: true),
                    ],
                    Target = IptablesTarget.Drop,
                };
                break;
        }
    }

    /// <summary>The rules that a chain ends with, behind those of Services.</summary>
    public static IEnumerable<IptablesRule> Tail(IptablesTable table, string chain, IptablesSettings settings)
    {
        if (table != IptablesTable.Nat || chain != KubeChains.Services)
        {
            yield break;
        }

        var comment = new IptablesMatch.Comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain");
        var target = new IptablesTarget.Jump(KubeChains.NodePorts);
        var local = new IptablesMatch.LocalAddress(Source: false);
        if (settings.Common.NodePortAddresses is not { } prefixes)
        {
            yield return settings.LocalhostNodePorts
                ? new() { Matches = [comment, local], Target = target }
                : new() { Destination = settings.Loopback, DestinationNegated = true, Matches = [comment, local], Target = target };
            yield break;
        }

        foreach (var prefix in prefixes)
        {
            var isLoopback = settings.Loopback.Contains(prefix);
            if (isLoopback && !settings.LocalhostNodePorts)
            {
                continue;
            }

            // kube-proxy lists the node's addresses in the prefix when it writes the chain; asking for any local one also holds for addresses that come later.
            yield return prefix.IsHost
                ? new() { Destination = prefix, Matches = [comment], Target = target }
                : prefix.Length == 0 && !settings.LocalhostNodePorts
                    ? new() { Destination = settings.Loopback, DestinationNegated = true, Matches = [comment, local], Target = target }
                    : new() { Destination = prefix.Length == 0 ? null : prefix, Matches = [comment, local], Target = target };
        }
    }
}
