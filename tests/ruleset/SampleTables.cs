using Podwire.Primitives;

namespace Podwire.Ruleset.Tests;

/// <summary>Tables that look like those of the service proxy and the policy enforcer.</summary>
internal static class SampleTables
{
    public static readonly TableId Proxy = new(TableFamily.Ip, "podwire-proxy");

    private static readonly Concat ServiceKey = Concat.Of(Payload.IpDaddr, Meta.L4proto, Payload.ThDport);

    public static NftMap ServiceIps(params ReadOnlySpan<SetElement> elements) => new()
    {
        Name = "service-ips",
        Key = [NftType.Ipv4Address, NftType.InetProtocol, NftType.InetService],
        Counters = true,
        Elements = ValueList.Create(elements),
    };

    public static NftMap ServiceEndpoints(params ReadOnlySpan<SetElement> elements) => new()
    {
        Name = "service-endpoints",
        Key = [KeyField.Of(Payload.IpDaddr), KeyField.Of(Meta.L4proto), KeyField.Of(Payload.ThDport), KeyField.Of(new Numgen(1))],
        Data = [KeyField.Of(Payload.IpDaddr), KeyField.Of(Payload.ThDport)],
        Elements = ValueList.Create(elements),
    };

    public static SetElement Service(string ip, ushort port, int endpoints, string comment) => SetElement.Map(
        NftData.Of(IpAddress.Parse(ip), IpProtocol.Tcp, NftScalar.Port(port)), Verdict.Goto($"cluster-{endpoints}"), comment);

    public static SetElement Endpoint(string ip, ushort port, uint slot, string endpoint, ushort targetPort, string comment) => SetElement.Map(
        NftData.Of(IpAddress.Parse(ip), IpProtocol.Tcp, NftScalar.Port(port), NftScalar.Integer(slot)),
        NftData.Of(IpAddress.Parse(endpoint), NftScalar.Port(targetPort)),
        comment);

    public static Table ProxyTable() => new()
    {
        Id = Proxy,
        Comment = "rules of podwire-proxy",
        Sets =
        [
            ServiceIps(Service("10.96.0.2", 80, 2, "ns/svc:http")),
            ServiceEndpoints(
                Endpoint("10.96.0.2", 80, 0, "10.244.0.17", 8080, "ns/svc:http"),
                Endpoint("10.96.0.2", 80, 1, "10.244.1.9", 8080, "ns/svc:http")),
            new NftSet
            {
                Name = "hairpin",
                Key = [NftType.Ipv4Address, NftType.Ipv4Address],
                Elements = [SetElement.Of(NftData.Of(IpAddress.Parse("10.244.0.17"), IpAddress.Parse("10.244.0.17")))],
            },
            new NftSet
            {
                Name = "affinity-x",
                Key = [NftType.Ipv4Address],
                Flags = SetFlags.Dynamic | SetFlags.Timeout,
                Timeout = TimeSpan.FromSeconds(10800),
                Size = 65535,
            },
        ],
        Chains =
        [
            Chain.Regular("mark-for-masquerade", Rule.Of(MetaSet.MarkOr(0x4000))),
            Chain.Regular("cluster-2",
                Rule.Of(Match.Prefix(Payload.IpSaddr, IpPrefix.Parse("10.244.0.0/16"), negated: true), VerdictStatement.Jump("mark-for-masquerade")),
                Rule.Of(VerdictStatement.Goto("vip-2"))),
            Chain.Regular("vip-2", Rule.Of(
                new SetLookup(Meta.L4proto, SetReference.Set(NftType.InetProtocol, IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp)),
                Nat.Dnat(IpFamily.V4, new MapLookup(Concat.Of(Payload.IpDaddr, Meta.L4proto, Payload.ThDport, new Numgen(2)), "service-endpoints")))),
            Chain.Regular("affinity-1",
                Rule.Of(new DynamicSet(DynamicSetOperation.Update, "affinity-x", Payload.IpSaddr)),
                new Rule { Statements = [Match.Protocol(IpProtocol.Tcp), Nat.Dnat(IpAddress.Parse("10.244.0.17"), 8080)], Comment = "10.244.0.17:8080" }),
            Chain.Regular("services",
                Rule.Of(new VerdictMapLookup(ServiceKey, "service-ips")),
                Rule.Of(Match.LocalDestination, Match.Prefix(Payload.IpDaddr, IpPrefix.Parse("127.0.0.0/8"), negated: true), VerdictStatement.Return)),
            Chain.Regular("reject-chain",
                Rule.Of(Match.Protocol(IpProtocol.Tcp), Reject.TcpReset),
                Rule.Of(Reject.PortUnreachable(IpFamily.V4))),
            Chain.Hooked("nat-prerouting", new BaseChain(ChainType.Nat, ChainHook.Prerouting, ChainPriority.DstNat), Rule.Of(VerdictStatement.Jump("services"))),
            Chain.Hooked("nat-postrouting", new BaseChain(ChainType.Nat, ChainHook.Postrouting, ChainPriority.SrcNat),
                Rule.Of(Match.Status(CtStatus.Dnat), new SetLookup(Concat.Of(Payload.IpSaddr, Payload.IpDaddr), "hairpin"), Masquerade.FullyRandom),
                Rule.Of(Match.Mark(0x4000, 0), VerdictStatement.Return),
                Rule.Of(MetaSet.MarkXor(0x4000)),
                Rule.Of(Masquerade.FullyRandom)),
        ],
    };

    public static Table PolicyTable() => new()
    {
        Id = new TableId(TableFamily.Inet, "npol"),
        Sets =
        [
            new NftSet
            {
                Name = "prof1",
                Key = [NftType.InetProtocol, NftType.InetService],
                Flags = SetFlags.Interval,
                Elements =
                [
                    new SetElement { Key = NftData.Of(IpProtocol.Tcp, NftScalar.Port(80)), KeyEnd = NftData.Of(IpProtocol.Tcp, NftScalar.Port(90)) },
                    SetElement.Of(NftData.Of(IpProtocol.Udp, NftScalar.Port(81))),
                ],
            },
            new NftMap { Name = "in4", Key = [NftType.Ipv4Address], Elements = [SetElement.Map(NftScalar.Address(IpAddress.Parse("10.244.0.5")), Verdict.Goto("c1"))] },
            new NftMap
            {
                Name = "c1_blocks",
                Key = [NftType.Ipv4Address],
                Flags = SetFlags.Interval,
                Elements =
                [
                    SetElement.Prefix(IpPrefix.Parse("10.0.0.0/9"), Verdict.Goto("p1")),
                    SetElement.Prefix(IpPrefix.Parse("192.168.7.1/32"), Verdict.Accept, "one host"),
                    new SetElement { Key = NftScalar.Address(IpAddress.Parse("172.16.0.3")), KeyEnd = NftScalar.Address(IpAddress.Parse("172.16.0.9")), Verdict = Verdict.Drop },
                    SetElement.Prefix(IpPrefix.Parse("240.0.0.0/4"), Verdict.Drop),
                ],
            },
        ],
        Chains =
        [
            Chain.Regular("deny", Rule.Of(new Counter(), new Log(5, "denied "), VerdictStatement.Drop)),
            Chain.Regular("p1",
                Rule.Of(new SetLookup(Concat.Of(Meta.L4proto, Payload.ThDport), "prof1"), VerdictStatement.Accept),
                Rule.Of(VerdictStatement.Goto("deny"))),
            Chain.Regular("c1",
                Rule.Of(Match.Family(IpFamily.V4), new VerdictMapLookup(Payload.IpSaddr, "c1_blocks")),
                Rule.Of(VerdictStatement.Goto("deny"))),
            Chain.Hooked("forward", new BaseChain(ChainType.Filter, ChainHook.Forward, -5),
                Rule.Of(new VerdictMapLookup(Ct.State, SetReference.Verdicts(NftType.CtState,
                    (NftScalar.Integer((uint)CtState.Established), Verdict.Accept),
                    (NftScalar.Integer((uint)CtState.Related), Verdict.Accept),
                    (NftScalar.Integer((uint)CtState.Invalid), Verdict.Drop)))),
                Rule.Of(Match.Family(IpFamily.V6), Match.Protocol(IpProtocol.IcmpV6), new MatchRange(Payload.IcmpType, NftScalar.Byte(133), NftScalar.Byte(137)), VerdictStatement.Accept),
                Rule.Of(Match.Family(IpFamily.V4), new VerdictMapLookup(Payload.IpDaddr, "in4")),
                Rule.Of(Match.InterfaceName(Meta.Iifname, "eth*"), new Limit(10), new CtSet(CtKey.Mark, Meta.Mark), VerdictStatement.Accept)),
        ],
    };
}
