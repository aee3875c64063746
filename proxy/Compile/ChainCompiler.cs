using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile;

/// <summary>
/// The rules. Base chains and their helpers are the same whatever Services there are; shared chains depend on numbers only;
/// a Service has chains of its own for ClientIP affinity and for source ranges.
/// </summary>
internal sealed class ChainCompiler(TableSettings settings)
{
    private const string MarkChain = "mark-for-masquerade";
    private const string RejectChain = "reject-chain";
    private const string Services = "services";
    private const string ServiceCheck = "service-endpoints-check";
    private const string NodePortCheck = "nodeport-endpoints-check";
    private const string ClusterIpCheck = "cluster-ips-check";
    private const string FirewallCheck = "firewall-check";

    // Ahead of DNAT, so that source ranges are checked against the load balancer's address.
    private const int BeforeDnat = ChainPriority.DstNat - 10;

    private static readonly SetReference AnyProtocol = SetReference.Set(NftType.InetProtocol, IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp);

    private readonly TableSchema schema = TableSchema.Of(settings.Family);

    /// <summary>The verdict of a frontend without endpoints: refusal.</summary>
    public static Verdict Refuse { get; } = Verdict.Goto(RejectChain);

    /// <summary>Base chains with their helpers.</summary>
    public IEnumerable<Chain> Fixed()
    {
        yield return Chain.Regular(MarkChain, Rule.Of(MetaSet.MarkOr(settings.MasqueradeMark)));
        yield return Chain.Regular(RejectChain, Rule.Of(Reject.PortUnreachable(settings.Family)));
        yield return Chain.Regular(Services, [Rule.Of(new VerdictMapLookup(schema.FrontendExpression, schema.ServiceIps.Name)), .. NodePortRules(schema.ServiceNodePorts.Name)]);
        yield return Chain.Regular(ServiceCheck, Rule.Of(new VerdictMapLookup(schema.FrontendExpression, schema.NoEndpointServices.Name)));
        yield return Chain.Regular(NodePortCheck, [.. NodePortRules(schema.NoEndpointNodePorts.Name)]);
        yield return Chain.Regular(
            ClusterIpCheck,
            [
                Rule.Of(new SetLookup(schema.Daddr, schema.ClusterIps.Name), VerdictStatement.Goto(RejectChain)),
                // An address that no Service has would go round between the node and its default router.
                .. settings.ServiceCidrs.Select(range => Rule.Of(Match.Prefix(schema.Daddr, range), VerdictStatement.Drop)),
            ]);
        yield return Chain.Regular(FirewallCheck, Rule.Of(new VerdictMapLookup(schema.FrontendExpression, schema.FirewallIps.Name)));
        yield return Nat(ChainHook.Prerouting, ChainPriority.DstNat, Rule.Of(VerdictStatement.Jump(Services)));
        yield return Nat(ChainHook.Output, ChainPriority.DstNat, Rule.Of(VerdictStatement.Jump(Services)));
        yield return Nat(
            ChainHook.Postrouting,
            ChainPriority.SrcNat,
            Rule.Of(Match.Status(CtStatus.Dnat), new SetLookup(Concat.Of(schema.Saddr, schema.Daddr), schema.Hairpin.Name), Masquerade.FullyRandom),
            Rule.Of(Match.Mark(settings.MasqueradeMark, 0), VerdictStatement.Return),
            Rule.Of(MetaSet.MarkXor(settings.MasqueradeMark)),
            Rule.Of(Masquerade.FullyRandom));
        yield return Filter("filter-prerouting-pre-dnat", ChainHook.Prerouting, BeforeDnat, NewTo(FirewallCheck));
        yield return Filter("filter-output-pre-dnat", ChainHook.Output, BeforeDnat, NewTo(FirewallCheck));
        yield return Filter("filter-input", ChainHook.Input, ChainPriority.Filter, NewTo(NodePortCheck), NewTo(ServiceCheck));
        // A packet that conntrack cannot place would reach the peer with its address untranslated, and be answered by a reset.
        Rule[] invalid = settings.DropInvalid ? [Rule.Of(Match.State(CtState.Invalid), VerdictStatement.Drop)] : [];
        yield return Filter("filter-forward", ChainHook.Forward, ChainPriority.Filter, [.. invalid, NewTo(ServiceCheck), NewTo(ClusterIpCheck)]);
        yield return Filter("filter-output", ChainHook.Output, ChainPriority.Filter, NewTo(ServiceCheck), NewTo(NodePortCheck), NewTo(ClusterIpCheck));
    }

    /// <summary>A chain that frontends share.</summary>
    public Chain Shared(SharedChain chain) => Chain.Regular(chain.Name, [.. SharedRules(chain)]);

    /// <summary>The chains of a port with ClientIP affinity.</summary>
    public IEnumerable<Chain> Affinity(CompiledAffinity affinity)
    {
        foreach (var endpoint in affinity.Endpoints)
        {
            yield return Chain.Regular(
                endpoint.Chain,
                Rule.Of(new DynamicSet(DynamicSetOperation.Update, endpoint.Set, schema.Saddr)),
                Rule.Of(Match.Protocol(affinity.Protocol), Podwire.Ruleset.Nat.Dnat(endpoint.Target.Address, endpoint.Target.Port)));
        }

        if (affinity.Cluster.Count > 0)
        {
            yield return Chain.Regular(affinity.ServiceChain, [.. Draw(affinity.Cluster)]);
        }

        if (affinity.Local.Count > 0)
        {
            yield return Chain.Regular(affinity.LocalChain, [.. Draw(affinity.Local)]);
        }

        var inside = affinity.HasInternalLocalChain ? affinity.Local : affinity.Cluster;
        if (inside.Count > 0)
        {
            yield return Chain.Regular(affinity.ClusterChain, [.. MasqueradeOutsiders(), Rule.Of(VerdictStatement.Goto(affinity.HasInternalLocalChain ? affinity.LocalChain : affinity.ServiceChain))]);
        }

        if (affinity.HasExternalChain && affinity.Cluster.Count > 0)
        {
            yield return Chain.Regular(affinity.ExternalChain, affinity.ExternalLocal
                ? [.. ShortCircuit(affinity.ServiceChain), Rule.Of(affinity.Local.Count > 0 ? VerdictStatement.Goto(affinity.LocalChain) : VerdictStatement.Drop)]
                : [Rule.Of(VerdictStatement.Jump(MarkChain)), Rule.Of(VerdictStatement.Goto(affinity.ServiceChain))]);
        }
    }

    /// <summary>The sets of clients of a port with ClientIP affinity.</summary>
    public IEnumerable<NftSet> AffinitySets(CompiledAffinity affinity)
    {
        foreach (var endpoint in affinity.Endpoints)
        {
            yield return new()
            {
                Name = endpoint.Set,
                Key = [schema.Address],
                Flags = SetFlags.Dynamic | SetFlags.Timeout,
                Timeout = TimeSpan.FromSeconds(affinity.Seconds),
                Size = 65535,
                Comment = ElementComment.Fit($"{affinity.Comment} -> {endpoint.Target}"),
            };
        }
    }

    /// <summary>The chain that drops what comes from outside a load balancer's source ranges.</summary>
    public Chain Firewall(CompiledService service) => Chain.Regular(
        service.FirewallChain!,
        [.. service.FirewallRanges.Select(range => Rule.Of(Match.Prefix(schema.Saddr, range), VerdictStatement.Return)), Rule.Of(VerdictStatement.Drop)]);

    private static Chain Nat(ChainHook hook, int priority, params Rule[] rules) =>
        Chain.Hooked($"nat-{hook.ToString().ToLowerInvariant()}", new(ChainType.Nat, hook, priority), rules);

    private static Chain Filter(string name, ChainHook hook, int priority, params Rule[] rules) => Chain.Hooked(name, new(ChainType.Filter, hook, priority), rules);

    private static Rule NewTo(string chain) => Rule.Of(Match.State(CtState.New), VerdictStatement.Jump(chain));

    private IEnumerable<Rule> SharedRules(SharedChain chain) => chain.Kind switch
    {
        ChainKind.Vip => [Translate(chain, 0, chain.Cluster)],
        ChainKind.Cluster => [.. MasqueradeOutsiders(), Rule.Of(VerdictStatement.Goto(chain.Next!.Value.Name))],
        ChainKind.External => [Rule.Of(VerdictStatement.Jump(MarkChain)), Rule.Of(VerdictStatement.Goto(chain.Next!.Value.Name))],
        _ =>
        [
            .. ShortCircuit(chain.Next!.Value.Name),
            chain.Local > 0 ? Translate(chain, SharedChain.FirstLocalSlot, chain.Local) : Rule.Of(VerdictStatement.Drop),
        ],
    };

    private Rule Translate(SharedChain chain, uint first, int count)
    {
        var slot = new Numgen((uint)count, Offset: first);
        var lookup = chain.NodePort
            ? new MapLookup(Concat.Of(Meta.L4proto, Payload.ThDport, slot), schema.NodePortEndpoints.Name)
            : new MapLookup(Concat.Of(schema.Daddr, Meta.L4proto, Payload.ThDport, slot), schema.ServiceEndpoints.Name);
        return Rule.Of(new SetLookup(Meta.L4proto, AnyProtocol), Podwire.Ruleset.Nat.Dnat(settings.Family, lookup));
    }

    private IEnumerable<Rule> NodePortRules(string map)
    {
        var lookup = new VerdictMapLookup(schema.NodePortExpression, map);
        if (settings.NodePortAddresses is { } prefixes)
        {
            return prefixes.Select(prefix => Rule.Of(Match.Prefix(schema.Daddr, prefix), Match.LocalDestination, lookup));
        }

        var loopback = settings.Family == IpFamily.V4 ? new IpPrefix(IpAddress.FromV4(0x7F000000), 8) : IpPrefix.Host(IpAddress.FromValue(IpFamily.V6, 1));
        return [Rule.Of(Match.Prefix(schema.Daddr, loopback, negated: true), Match.LocalDestination, lookup)];
    }

    private IEnumerable<Rule> MasqueradeOutsiders() => settings.MasqueradeAll ? [Rule.Of(VerdictStatement.Jump(MarkChain))]
        : settings.Pods.IsKnown ? [Rule.Of(FromPods(negated: true), VerdictStatement.Jump(MarkChain))]
        : [];

    /// <summary>externalTrafficPolicy Local is about traffic from outside: pods, where they can be told, and the node itself go to every endpoint.</summary>
    private IEnumerable<Rule> ShortCircuit(string everywhere)
    {
        if (settings.Pods.IsKnown)
        {
            yield return Rule.Of(FromPods(negated: false), VerdictStatement.Goto(everywhere));
        }

        yield return Rule.Of(Match.LocalSource, VerdictStatement.Jump(MarkChain));
        yield return Rule.Of(Match.LocalSource, VerdictStatement.Goto(everywhere));
    }

    private Match FromPods(bool negated) => settings.Pods.Source is { } source
        ? Match.Prefix(schema.Saddr, source, negated)
        : Match.InterfaceName(Meta.Iifname, settings.Pods.Interface! + (settings.Pods.InterfaceIsPrefix ? "*" : string.Empty), negated);

    private IEnumerable<Rule> Draw(IReadOnlyList<AffinityEndpoint> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            yield return Rule.Of(new SetLookup(schema.Saddr, endpoint.Set), VerdictStatement.Goto(endpoint.Chain));
        }

        var choices = new (NftScalar, Verdict)[endpoints.Count];
        for (var i = 0; i < choices.Length; i++)
        {
            choices[i] = (NftScalar.Integer((uint)i), Verdict.Goto(endpoints[i].Chain));
        }

        yield return Rule.Of(new VerdictMapLookup(new Numgen((uint)choices.Length), SetReference.Verdicts(NftType.Integer, choices)));
    }
}
