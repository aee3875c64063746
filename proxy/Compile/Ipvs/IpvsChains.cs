using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Ruleset;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>
/// The iptables chains of kube-proxy's IPVS mode. They ask sets, so that they are the same whatever Services there are; only the addresses denied to the node
/// are rules of their own. kube-proxy leaves out rules whose set is empty; here they always stand, so that they are written once.
/// </summary>
internal static class IpvsChains
{
    public const string NodePort = "KUBE-NODE-PORT";
    public const string LoadBalancer = "KUBE-LOAD-BALANCER";
    public const string SourceRanges = "KUBE-SOURCE-RANGES-FIREWALL";
    public const string Filter = "KUBE-IPVS-FILTER";
    public const string OutFilter = "KUBE-IPVS-OUT-FILTER";

    /// <summary>The chains by table, in the order in which they are written.</summary>
    public static IReadOnlyList<(IptablesTable Table, string Chain)> All { get; } =
    [
        (IptablesTable.Nat, KubeChains.Services),
        (IptablesTable.Nat, KubeChains.Postrouting),
        (IptablesTable.Nat, NodePort),
        (IptablesTable.Nat, LoadBalancer),
        (IptablesTable.Nat, KubeChains.MarkMasquerade),
        (IptablesTable.Filter, KubeChains.Forward),
        (IptablesTable.Filter, NodePort),
        (IptablesTable.Filter, KubeChains.ProxyFirewall),
        (IptablesTable.Filter, SourceRanges),
        (IptablesTable.Filter, Filter),
        (IptablesTable.Filter, OutFilter),
    ];

    /// <summary>The jumps in the order in which they are put, each in front of what is there.</summary>
    public static IReadOnlyList<KubeJump> Jumps { get; } =
    [
        Jump(IptablesTable.Nat, "OUTPUT", KubeChains.Services, "kubernetes service portals"),
        Jump(IptablesTable.Nat, "PREROUTING", KubeChains.Services, "kubernetes service portals"),
        Jump(IptablesTable.Nat, "POSTROUTING", KubeChains.Postrouting, "kubernetes postrouting rules"),
        Jump(IptablesTable.Filter, "FORWARD", KubeChains.Forward, "kubernetes forwarding rules"),
        Jump(IptablesTable.Filter, "INPUT", NodePort, "kubernetes health check rules"),
        Jump(IptablesTable.Filter, "INPUT", KubeChains.ProxyFirewall, "kube-proxy firewall rules"),
        Jump(IptablesTable.Filter, "FORWARD", KubeChains.ProxyFirewall, "kube-proxy firewall rules"),
        Jump(IptablesTable.Filter, "INPUT", Filter, "kubernetes ipvs access filter"),
        Jump(IptablesTable.Filter, "OUTPUT", OutFilter, "kubernetes ipvs access filter"),
    ];

    /// <summary>The rules of a chain.</summary>
    /// <param name="table">Its table.</param>
    /// <param name="chain">Its name.</param>
    /// <param name="settings">What the rules depend on.</param>
    /// <param name="denied">Load balancer addresses that processes of this node may not use.</param>
    public static IReadOnlyList<IptablesRule> Rules(IptablesTable table, string chain, IpvsSettings settings, IReadOnlyList<IpvsServiceKey> denied)
    {
        var family = settings.Family;
        var mark = settings.Common.MasqueradeMark;
        var masquerade = new IptablesTarget.Jump(KubeChains.MarkMasquerade);
        IptablesRule Asks(KubeIpSet set, IptablesTarget target, IpProtocol? protocol = null) =>
            new() { Protocol = protocol, Matches = [Comment(set), Match(set, family)], Target = target };
        IptablesRule Plain(KubeIpSet set, IptablesTarget target) => new() { Matches = [Match(set, family)], Target = target };

        return (table, chain) switch
        {
            (IptablesTable.Nat, KubeChains.Services) =>
            [
                new() { Source = family == IpFamily.V4 ? IpPrefix.Parse("127.0.0.0/8") : IpPrefix.Parse("::1/128"), Target = IptablesTarget.Return },
                Asks(KubeIpSet.LoadBalancer, new IptablesTarget.Jump(LoadBalancer)),
                ClusterIp(settings, masquerade),
                Asks(KubeIpSet.ExternalIp, masquerade),
                .. External(KubeIpSet.ExternalIp, family),
                .. External(KubeIpSet.ExternalIpLocal, family),
                new() { Matches = [new IptablesMatch.LocalAddress(Source: false)], Target = new IptablesTarget.Jump(NodePort) },
                // At the end: what the rules of others behind do with these would only get in the way of IPVS.
                Plain(KubeIpSet.ClusterIp, IptablesTarget.Accept),
                Plain(KubeIpSet.LoadBalancer, IptablesTarget.Accept),
            ],
            (IptablesTable.Nat, KubeChains.Postrouting) =>
            [
                Asks(KubeIpSet.LoopBack, new IptablesTarget.Masquerade(RandomFully: false)),
                new() { Matches = [new IptablesMatch.Mark(mark, mark, Negated: true)], Target = IptablesTarget.Return },
                new() { Target = IptablesTarget.SetMark.Xor(mark) },
                new() { Matches = [new IptablesMatch.Comment("kubernetes service traffic requiring SNAT")], Target = new IptablesTarget.Masquerade(RandomFully: true) },
            ],
            (IptablesTable.Nat, NodePort) =>
            [
                Asks(KubeIpSet.NodePortLocalTcp, IptablesTarget.Return, IpProtocol.Tcp),
                Asks(KubeIpSet.NodePortTcp, masquerade, IpProtocol.Tcp),
                Asks(KubeIpSet.NodePortLocalUdp, IptablesTarget.Return, IpProtocol.Udp),
                Asks(KubeIpSet.NodePortUdp, masquerade, IpProtocol.Udp),
                Asks(KubeIpSet.NodePortLocalSctp, IptablesTarget.Return, IpProtocol.Sctp),
                Asks(KubeIpSet.NodePortSctp, masquerade, IpProtocol.Sctp),
            ],
            (IptablesTable.Nat, LoadBalancer) =>
            [
                Asks(KubeIpSet.LoadBalancerLocal, IptablesTarget.Return),
                new() { Target = masquerade },
            ],
            (IptablesTable.Nat, KubeChains.MarkMasquerade) => [new() { Target = IptablesTarget.SetMark.Or(mark) }],
            (IptablesTable.Filter, KubeChains.Forward) =>
            [
                new() { Matches = [new IptablesMatch.Comment("kubernetes forwarding rules"), new IptablesMatch.Mark(mark, mark)], Target = IptablesTarget.Accept },
                new()
                {
                    Matches = [new IptablesMatch.Comment("kubernetes forwarding conntrack rule"), new IptablesMatch.State(ConntrackStates.Related | ConntrackStates.Established)],
                    Target = IptablesTarget.Accept,
                },
            ],
            (IptablesTable.Filter, NodePort) => [Asks(KubeIpSet.HealthCheckNodePort, IptablesTarget.Accept)],
            (IptablesTable.Filter, KubeChains.ProxyFirewall) => [Asks(KubeIpSet.LoadBalancerFirewall, new IptablesTarget.Jump(SourceRanges))],
            (IptablesTable.Filter, SourceRanges) =>
            [
                Asks(KubeIpSet.LoadBalancerSourceCidr, IptablesTarget.Return),
                Asks(KubeIpSet.LoadBalancerSourceIp, IptablesTarget.Return),
                new() { Target = IptablesTarget.Drop },
            ],
            (IptablesTable.Filter, Filter) =>
            [
                Plain(KubeIpSet.LoadBalancer, IptablesTarget.Return),
                Plain(KubeIpSet.ClusterIp, IptablesTarget.Return),
                Plain(KubeIpSet.ExternalIp, IptablesTarget.Return),
                Plain(KubeIpSet.ExternalIpLocal, IptablesTarget.Return),
                Plain(KubeIpSet.HealthCheckNodePort, IptablesTarget.Return),
                // Other ports of an address on kube-ipvs0 would be this node's own servers.
                new() { Matches = [new IptablesMatch.State(ConntrackStates.New), Match(KubeIpSet.IpvsIps, family)], Target = new IptablesTarget.Reject() },
            ],
            (IptablesTable.Filter, OutFilter) => [.. denied.Select(Denied)],
            _ => throw new ArgumentOutOfRangeException(nameof(chain), chain, null),
        };
    }

    /// <summary>
    /// What a process of the node sends has been directed to an endpoint when the filter table sees it, so that only IPVS can tell which
    /// address it asked for. Its source is that very address, which kube-ipvs0 has.
    /// </summary>
    private static IptablesRule Denied(IpvsServiceKey key) => new()
    {
        Source = IpPrefix.Host(key.Address),
        Matches = [new IptablesMatch.Other($"-m ipvs --vproto {(int)key.Protocol} --vaddr {key.Address}{(key.Address.IsV6 ? "/128" : string.Empty)} --vport {key.Port}")],
        Target = IptablesTarget.Drop,
    };

    private static IptablesRule ClusterIp(IpvsSettings settings, IptablesTarget masquerade)
    {
        var pods = settings.Common.Pods;
        var comment = Comment(KubeIpSet.ClusterIp);
        var name = KubeIpSets.NameOf(KubeIpSet.ClusterIp, settings.Family);
        if (!settings.Common.MasqueradeAll && !pods.IsKnown)
        {
            // A process of the node that asks a cluster IP gets it as its own address as well, and an endpoint elsewhere could not answer that.
            return new() { Matches = [comment, new IptablesMatch.Other($"-m set --match-set {name} src,dst")], Target = masquerade };
        }

        var rule = new IptablesRule { Matches = [comment, new IptablesMatch.Other($"-m set --match-set {name} dst,dst")], Target = masquerade };
        return settings.Common.MasqueradeAll ? rule
            : pods.Source is { } source ? rule with { Source = source, SourceNegated = true }
            : rule with { InInterface = pods.InterfaceIsPrefix ? pods.Interface + "+" : pods.Interface, InInterfaceNegated = true };
    }

    /// <summary>What comes from outside, and what goes to an address of the node, goes on to IPVS past the rules of others; pods' traffic is left to routing.</summary>
    private static IEnumerable<IptablesRule> External(KubeIpSet set, IpFamily family)
    {
        yield return new()
        {
            Matches = [Comment(set), Match(set, family), new IptablesMatch.Other("-m physdev ! --physdev-is-in"), new IptablesMatch.Other("-m addrtype ! --src-type LOCAL")],
            Target = IptablesTarget.Accept,
        };
        yield return new() { Matches = [Comment(set), Match(set, family), new IptablesMatch.LocalAddress(Source: false)], Target = IptablesTarget.Accept };
    }

    private static IptablesMatch.Comment Comment(KubeIpSet set) => new(KubeIpSets.CommentOf(set));

    private static IptablesMatch.Other Match(KubeIpSet set, IpFamily family) => new($"-m set --match-set {KubeIpSets.NameOf(set, family)} {KubeIpSets.Directions(set)}");

    private static KubeJump Jump(IptablesTable table, string from, string to, string comment) =>
        new(table, from, new() { Matches = [new IptablesMatch.Comment(comment)], Target = new IptablesTarget.Jump(to) });
}
