using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// The rules of one family. Every packet of every connection is judged by what conntrack knows of the connection, so both directions have one
/// answer, translated addresses do not matter, and what a new policy forbids is cut with its next packet.
/// </summary>
internal sealed class ChainCompiler(TableSchema schema, TableSettings settings)
{
    private const string DenyChain = "deny";
    private const string UnclearChain = "unclear";

    /// <summary>Rules about single ports that a class may have instead of a map and chains for its port classes: each costs the kernel less than those to load.</summary>
    private const int PlainRules = 6;

    // Ahead of the service proxy's filter chains, behind every translation of destinations.
    private const int Priority = ChainPriority.Filter - 5;

    // Neighbour discovery (RFC 4861: 133 to 137) and multicast listeners (RFC 2710, RFC 3810): without them there is no IPv6 link.
    private static readonly byte[] LinkMessages = [130, 131, 132, 133, 134, 135, 136, 137, 143];

    /// <summary>The verdict of pods that nothing may reach.</summary>
    public static Verdict Deny { get; } = Verdict.Goto(DenyChain);

    /// <summary>The chains that are there whatever policies there are.</summary>
    public IEnumerable<Chain> Fixed()
    {
        yield return Chain.Regular(DenyChain, Rule.Of(new Counter(), VerdictStatement.Drop));

        // No connection, no client and no server: the pod's class judges without asking for a peer, which is its default.
        yield return Chain.Regular(
            UnclearChain,
            Rule.Of(new VerdictMapLookup(Payload.Saddr(schema.Family), schema.Egress.Name)),
            Rule.Of(new VerdictMapLookup(Payload.Daddr(schema.Family), schema.Ingress.Name)),
            Rule.Of(VerdictStatement.Accept));
        var rules = new List<Rule>();
        if (schema.Family == IpFamily.V6)
        {
            var types = SetReference.Set(NftType.Icmpv6Type, Array.ConvertAll(LinkMessages, NftScalar.Byte));
            rules.Add(Rule.Of(Match.Protocol(IpProtocol.IcmpV6), new SetLookup(Payload.IcmpType, types), VerdictStatement.Accept));
        }

        rules.Add(Rule.Of(new SetLookup(Payload.Saddr(schema.Family), schema.Pending.Name), VerdictStatement.Goto(DenyChain)));
        rules.Add(Rule.Of(new SetLookup(Payload.Daddr(schema.Family), schema.Pending.Name), VerdictStatement.Goto(DenyChain)));
        if (settings.KeepEstablished)
        {
            rules.Add(Rule.Of(Match.State(CtState.Established | CtState.Related), VerdictStatement.Accept));
        }

        rules.Add(Rule.Of(Match.State(CtState.Invalid | CtState.Untracked), VerdictStatement.Goto(UnclearChain)));
        rules.Add(Rule.Of(new SetLookup(Concat.Of(schema.Client, schema.Server), schema.Self.Name), VerdictStatement.Accept));
        rules.Add(Rule.Of(new VerdictMapLookup(schema.Client, schema.Egress.Name)));
        rules.Add(Rule.Of(new VerdictMapLookup(schema.Server, schema.Ingress.Name)));
        yield return new() { Name = "forward", Base = new(ChainType.Filter, ChainHook.Forward, Priority), Rules = ValueList.From(rules) };
    }

    /// <summary>
    /// The chains that hand over what the resolvers answer to pods whose policies have wildcards; none without a resolver. They are base chains of their own,
    /// before the others, since an answer that was held goes on behind the chain that queued it. A resolver on the node itself answers through the hook output.
    /// </summary>
    public Chain[] Answers(ResolverAddress[] resolvers)
    {
        if (resolvers.Length == 0)
        {
            return [];
        }

        var rules = new List<Rule>();
        foreach (var protocol in (IpProtocol[])[IpProtocol.Udp, IpProtocol.Tcp])
        {
            foreach (var resolver in resolvers)
            {
                rules.Add(Rule.Of(
                    Match.Protocol(protocol),
                    Match.Equal(new Ct(CtKey.Direction), NftScalar.Byte((byte)CtDirection.Reply)),
                    Match.Equal(new Ct(CtKey.ProtoDst, CtDirection.Original), NftScalar.Port(resolver.Port)),
                    Match.Equal(schema.Asked, NftScalar.Address(resolver.Address)),
                    new SetLookup(schema.Client, schema.Clients.Name),
                    settings.Answers == AnswerPath.Queue ? new Queue(TableSettings.AnswerNumber, IsBypassed: true) : new Log(TableSettings.AnswerNumber)));
            }
        }

        return
        [
            new() { Name = "answers-forwarded", Base = new(ChainType.Filter, ChainHook.Forward, Priority - 1), Rules = ValueList.From(rules) },
            new() { Name = "answers-of-node", Base = new(ChainType.Filter, ChainHook.Output, Priority - 1), Rules = ValueList.From(rules) },
        ];
    }

    /// <summary>The chains of a class: its own, and one for each port class that is not judged alike for everybody.</summary>
    public IEnumerable<Chain> Class(PolicyClass of, ClassSets sets)
    {
        var rules = new List<Rule>();
        var peer = of.Ingress ? schema.Client : schema.Server;
        foreach (var group in of.Asked.Any)
        {
            rules.Add(Rule.Of(new SetLookup(peer, group.SetName), new VerdictStatement(Accepted(of))));
        }

        if (sets.Any is { } any)
        {
            rules.Add(Rule.Of(new SetLookup(peer, any.Name), new VerdictStatement(Accepted(of))));
        }

        if (sets.AnyBlocks is { } anyBlocks)
        {
            rules.Add(Rule.Of(new SetLookup(peer, anyBlocks.Name), new VerdictStatement(Accepted(of))));
        }

        var plain = PlainPorts(of, sets, peer);
        rules.AddRange(plain ?? Ports(of, sets));
        rules.AddRange(Judge(of, sets, 0, peer));
        yield return new() { Name = of.Name, Rules = ValueList.From(rules), Comment = CommentOf(of) };
        for (var i = 1; i < of.Ports.Count && plain is null; i++)
        {
            if (!IsAlike(of, sets, i))
            {
                yield return Chain.Regular(ChainOf(of, i), [.. Judge(of, sets, i, peer)]);
            }
        }
    }

    /// <summary>The element of a pod of this node in the map of a direction: egress comes back, since the other end has a say too.</summary>
    public static SetElement Pod(IpAddress address, string chain, bool isIngress, string pod) =>
        SetElement.Map(NftScalar.Address(address), isIngress ? Verdict.Goto(chain) : Verdict.Jump(chain), Comment(pod));

    /// <summary>The pair of a pod with itself.</summary>
    public static SetElement Pair(IpAddress address) => SetElement.Of(NftData.Of(address, (NftScalar)address));

    private static bool IsAlike(PolicyClass of, ClassSets sets, int ports) => sets.Accepted(ports) is null && sets.Blocks(ports) is null && of.Asked.Of(ports).Length == 0;

    private static string ChainOf(PolicyClass of, int ports) => $"{of.Name}-{ports}";

    private static Verdict Accepted(PolicyClass of) => of.Ingress ? Verdict.Accept : Verdict.Return;

    private static Verdict Default(PolicyClass of, int ports) => of.Default[ports] ? Accepted(of) : Deny;

    /// <summary>From the port to the chain of its class, protocol by protocol: nft reads the port of a connection only where the protocol is known.</summary>
    private static IEnumerable<Rule> Ports(PolicyClass of, ClassSets sets)
    {
        var byProtocol = new Dictionary<IpProtocol, List<SetElement>>();
        foreach (var (range, ports) in of.Ports.Ranges())
        {
            var protocol = PortLine.ProtocolOf(range.From);
            if (!byProtocol.TryGetValue(protocol, out var elements))
            {
                byProtocol[protocol] = elements = [];
            }

            var (from, to) = (PortLine.PortOf(range.From), PortLine.PortOf(range.To));
            elements.Add(new()
            {
                Key = NftScalar.Port(from),
                KeyEnd = from == to ? default : NftData.Of(NftScalar.Port(to)),
                Verdict = IsAlike(of, sets, ports) ? Default(of, ports) : Verdict.Goto(ChainOf(of, ports)),
            });
        }

        foreach (var protocol in PortLine.Protocols)
        {
            if (!byProtocol.TryGetValue(protocol, out var elements))
            {
                continue;
            }

            if (elements is [{ Verdict: { } only } all] && all.Key == NftScalar.Port(0) && all.KeyEnd == NftData.Of(NftScalar.Port(ushort.MaxValue)))
            {
                yield return Rule.Of(Match.Protocol(protocol), new VerdictStatement(only));
                continue;
            }

            var flags = elements.Exists(static element => !element.KeyEnd.IsNone) ? SetFlags.Interval : SetFlags.None;
            var map = new NftMap { Name = string.Empty, Key = [NftType.InetService], Flags = flags, Elements = ValueList.From(elements) };
            yield return Rule.Of(Match.Protocol(protocol), new VerdictMapLookup(TableSchema.ServerPort, SetReference.Anonymous(map)));
        }
    }

    /// <summary>
    /// Who is accepted for each port, rule by rule; null if those would be too many. What is not accepted goes on to the judgement of ports that no rule names, which accepts
    /// nobody else where rules only accept.
    /// </summary>
    private static List<Rule>? PlainPorts(PolicyClass of, ClassSets sets, Ct peer)
    {
        if (!of.Asked.IsPlain)
        {
            return null;
        }

        var rules = new List<Rule>();
        foreach (var (range, ports) in of.Ports.Ranges())
        {
            var (from, to) = (PortLine.PortOf(range.From), PortLine.PortOf(range.To));
            var protocol = Match.Protocol(PortLine.ProtocolOf(range.From));
            Statement[] port = from == 0 && to == ushort.MaxValue ? [protocol]
                : [protocol, from == to ? Match.Equal(TableSchema.ServerPort, NftScalar.Port(from)) : MatchRange.Ports(TableSchema.ServerPort, from, to)];
            foreach (var accepts in Accepts(of, sets, ports, peer))
            {
                if (rules.Count == PlainRules)
                {
                    return null;
                }

                rules.Add(Rule.Of([.. port, .. accepts]));
            }
        }

        return rules;
    }

    private static IEnumerable<Statement[]> Accepts(PolicyClass of, ClassSets sets, int ports, Ct peer)
    {
        var accept = new VerdictStatement(Accepted(of));
        if (of.Default[ports])
        {
            yield return [accept];
            yield break;
        }

        foreach (var group in of.Asked.Of(ports))
        {
            yield return [new SetLookup(peer, group.SetName), accept];
        }

        if (sets.Accepted(ports) is { } accepted)
        {
            yield return [new SetLookup(peer, accepted.Name), accept];
        }

        if (sets.Blocks(ports) is { } blocks)
        {
            yield return [new SetLookup(peer, blocks.Name), accept];
        }
    }

    private static IEnumerable<Rule> Judge(PolicyClass of, ClassSets sets, int ports, Ct peer)
    {
        if (sets.Denied(ports) is { } denied)
        {
            yield return Rule.Of(new SetLookup(peer, denied.Name), new VerdictStatement(Deny));
        }

        foreach (var group in of.Asked.Of(ports))
        {
            yield return Rule.Of(new SetLookup(peer, group.SetName), new VerdictStatement(Accepted(of)));
        }

        if (sets.Accepted(ports) is { } accepted)
        {
            yield return Rule.Of(new SetLookup(peer, accepted.Name), new VerdictStatement(Accepted(of)));
        }

        if (sets.Blocks(ports) is { } blocks)
        {
            yield return Rule.Of(new SetLookup(peer, blocks.Name), new VerdictStatement(of.Default[ports] ? Deny : Accepted(of)));
        }

        yield return of.Default[ports] ? Rule.Of(new VerdictStatement(Accepted(of))) : Rule.Of(new Counter(), new VerdictStatement(Deny));
    }

    private static string CommentOf(PolicyClass of) => Comment(string.Join(' ', Array.ConvertAll(of.Policies, static policy => policy.Id.ToString())));

    private static string Comment(string text) => text.Length <= 127 ? text : string.Concat(text.AsSpan(0, 124), "...");
}
