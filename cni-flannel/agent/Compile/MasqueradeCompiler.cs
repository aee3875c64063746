using Podwire.CniFlannel.Agent.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>
/// flannel's masquerading and forwarding rules, in a table of our own per family, named as flannel names its nftables tables.
/// The order of the rules is flannel's.
/// </summary>
internal static class MasqueradeCompiler
{
    private const uint KubeMasqueradeMark = 0x4000;

    /// <summary>The table of a family.</summary>
    public static TableId TableOf(IpFamily family) => family == IpFamily.V4
        ? new TableId(TableFamily.Ip, "flannel-ipv4")
        : new TableId(TableFamily.Ip6, "flannel-ipv6");

    /// <summary>The rules of a family.</summary>
    /// <param name="snapshot">Where the networks are.</param>
    /// <param name="family">The family.</param>
    /// <param name="masquerade">--ip-masq.</param>
    /// <param name="randomly">Source ports are taken at random, so that two nodes behind one address do not choose alike.</param>
    /// <param name="forward">--iptables-forward-rules.</param>
    /// <returns>Null if there are to be no rules.</returns>
    public static Table? Compile(FlannelSnapshot snapshot, IpFamily family, bool masquerade, bool randomly, bool forward)
    {
        var chains = new List<Chain>();
        var cluster = snapshot.NetConf.Network(family);
        var pods = snapshot.Subnets[family];
        var source = Payload.Saddr(family);
        var destination = Payload.Daddr(family);
        var translate = randomly ? Masquerade.FullyRandom : new Masquerade();
        if (masquerade)
        {
            var multicast = family == IpFamily.V4 ? IpPrefix.Parse("224.0.0.0/4") : IpPrefix.Parse("ff00::/8");
            chains.Add(Chain.Hooked(
                "postrtg",
                new BaseChain(ChainType.Nat, ChainHook.Postrouting, ChainPriority.SrcNat),
                // What the service proxy marked, it masquerades itself.
                Rule.Of(Match.Mark(KubeMasqueradeMark, KubeMasqueradeMark), VerdictStatement.Return),
                // Inside the overlay addresses are kept.
                Rule.Of(Match.Prefix(source, pods), Match.Prefix(destination, cluster), VerdictStatement.Return),
                Rule.Of(Match.Prefix(source, cluster), Match.Prefix(destination, pods), VerdictStatement.Return),
                // What comes from outside to a pod of this node goes back the way it came.
                Rule.Of(Match.Prefix(source, cluster, negated: true), Match.Prefix(destination, pods), VerdictStatement.Return),
                Rule.Of(Match.Prefix(source, cluster), Match.Prefix(destination, multicast, negated: true), translate),
                // From this node's underlay address to a pod elsewhere: the answer must find the overlay.
                Rule.Of(Match.Prefix(source, cluster, negated: true), Match.Prefix(destination, cluster), translate)));
        }

        if (forward)
        {
            chains.Add(Chain.Hooked(
                "forward",
                new BaseChain(ChainType.Filter, ChainHook.Forward, ChainPriority.Filter),
                Rule.Of(Match.Prefix(source, cluster), VerdictStatement.Accept),
                Rule.Of(Match.Prefix(destination, cluster), VerdictStatement.Accept)));
        }

        return chains.Count == 0 ? null : new Table { Id = TableOf(family), Chains = [.. chains] };
    }
}
