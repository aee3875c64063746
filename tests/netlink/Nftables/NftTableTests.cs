using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.Tests;

namespace Podwire.Netlink.Tests.Nftables;

public class NftTableTests
{
    public static TheoryData<string> Samples => ["proxy", "policy", "kitchen-sink", "ip6"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Apply_WholeTable_ReadsBackEqual(string sample)
    {
        using var kernel = new NftScratch();
        var desired = Sample(sample);
        kernel.Reach(desired);
        AssertSame(desired, kernel.Nft.ReadTable(desired.Id));
        Assert.True(RulesetDiff.Between(kernel.Nft.ReadTable(desired.Id), desired).IsEmpty);
    }

    /// <summary>What nft lists of our table loads again, and gives the same table.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public void NftList_OfOurTable_ReloadsToTheSame(string sample)
    {
        using var kernel = new NftScratch();
        using var other = new NftScratch();
        var desired = Sample(sample);
        kernel.Reach(desired);
        Assert.StartsWith("{\"nftables\"", kernel.Run("-j", "list", "ruleset"));
        var listed = kernel.Run("list", "ruleset");
        other.Load(listed);
        Assert.Equal(listed, other.Run("list", "ruleset"));
    }

    /// <summary>Our text of the table, loaded by nft, is listed by nft as the table that was written over netlink.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public void NftText_LoadedByNft_IsListedAsOurTable(string sample)
    {
        using var kernel = new NftScratch();
        using var other = new NftScratch();
        var desired = Sample(sample);
        kernel.Reach(desired);
        other.Load(NftText.Write(desired));

        // nft keeps the order in which things were declared.
        Assert.Equal(Lines(kernel.Run("list", "ruleset")), Lines(other.Run("list", "ruleset")));
    }

    [Fact]
    public void ListTables_GivesFamilyAndName()
    {
        using var kernel = new NftScratch();
        kernel.Reach(SampleTables.PolicyTable());
        kernel.Reach(SampleTables.ProxyTable());
        Assert.Equal([SampleTables.PolicyTable().Id, SampleTables.Proxy], kernel.Nft.ListTables());
        Assert.Null(kernel.Nft.ReadTable(new TableId(TableFamily.Ip6, "podwire-proxy")));
        kernel.Nft.Apply(RulesetDiff.Removing(SampleTables.Proxy));
        kernel.Nft.Apply(RulesetDiff.Removing(SampleTables.Proxy));
        Assert.Equal([SampleTables.PolicyTable().Id], kernel.Nft.ListTables());
    }

    /// <summary>The order of a diff's operations is one that the kernel takes, and the result is what was asked for.</summary>
    [Fact]
    public void Diff_OfRandomTables_ConvergesInTheKernel()
    {
        using var kernel = new NftScratch();
        var random = new Random(20261121);
        var fake = new FakeNft();
        for (var i = 0; i < 150; i++)
        {
            var desired = RandomTables.Next(random);
            kernel.Reach(desired);
            fake.Apply(RulesetDiff.Between(fake.ReadTable(desired.Id), desired));
            AssertSame(desired, kernel.Nft.ReadTable(desired.Id));
            Assert.Equal(desired, fake.ReadTable(desired.Id));
        }
    }

    /// <summary>What a dry run prints is what nft takes, and has the same effect as the batch itself.</summary>
    [Fact]
    public void NftText_OfBatches_HasTheEffectOfTheBatches()
    {
        using var kernel = new NftScratch();
        using var other = new NftScratch();
        var random = new Random(7);
        for (var i = 0; i < 12; i++)
        {
            var desired = RandomTables.Next(random);
            other.Load(NftText.Write(RulesetDiff.Between(kernel.Nft.ReadTable(desired.Id), desired)));
            kernel.Reach(desired);
            Assert.Equal(Lines(kernel.Run("list", "ruleset")), Lines(other.Run("list", "ruleset")));
        }
    }

    /// <summary>What nft itself wrote is read into the model.</summary>
    [Fact]
    public void ReadTable_WrittenByNft_IsUnderstood()
    {
        using var kernel = new NftScratch();
        kernel.Load("""
            table ip t {
              comment "of nft"
              set b { type ipv4_addr; flags interval; elements = { 10.0.0.0/24, 10.0.1.0/24, 10.0.3.5, 240.0.0.0/4 } }
              map v { type ipv4_addr : verdict; flags interval; elements = { 10.0.0.0/24 : accept, 10.0.1.0-10.0.1.9 : drop, 0.0.0.0 : return } }
              map m { typeof ip saddr . meta mark : ip daddr . th dport; elements = { 1.2.3.4 . 0x7 comment "x" : 5.6.7.8 . 80 } }
              chain c {
                type filter hook input priority -7; policy drop;
                ct state established,related counter accept
                tcp dport { 80, 443 } accept comment "web"
                ip saddr 10.0.0.1 ip saddr @b limit rate over 3/minute burst 9 packets drop
                quota 5 mbytes accept
              }
            }
            """);
        var table = kernel.Nft.ReadTable(new TableId(TableFamily.Ip, "t"))!;
        Assert.Equal("of nft", table.Comment);
        Assert.Equal(["10.0.0.0/24", "10.0.1.0/24", "10.0.3.5", "240.0.0.0/4"], Elements("b"));
        Assert.Equal(["0.0.0.0 : return", "10.0.0.0/24 : accept", "10.0.1.0-10.0.1.9 : drop"], Elements("v"));
        Assert.Equal(["1.2.3.4 . 0x00000007 comment \"x\" : 5.6.7.8 . 80"], Elements("m"));
        Assert.Equal(new KeyField(NftType.Mark, Meta.Mark), table.FindSet("m")!.Key[1]);
        var chain = table.FindChain("c")!;
        Assert.Equal(new BaseChain(ChainType.Filter, ChainHook.Input, -7, DropByDefault: true), chain.Base);
        Assert.Equal(Rule.Of(Match.State(CtState.Established | CtState.Related), new Counter(), VerdictStatement.Accept), chain.Rules[0]);
        Assert.Equal("meta l4proto tcp th dport { 80, 443 } accept comment \"web\"", NftText.Write(TableFamily.Ip, chain.Rules[1]));
        Assert.Equal(
            Rule.Of(Match.Equal(Payload.IpSaddr, IpAddress.Parse("10.0.0.1")), new SetLookup(Payload.IpSaddr, "b"), new Limit(3, LimitUnit.Minute, 9, Over: true), VerdictStatement.Drop),
            chain.Rules[2]);
        Assert.Contains(chain.Rules[3].Statements, s => s is UnknownStatement { Name: "quota" });
        Assert.Equal(4, chain.Rules.Select(r => r.Handle).Distinct().Count());

        IEnumerable<string> Elements(string name) => table.FindSet(name)!.Elements.Select(e => NftText.Write(table.FindSet(name)!, e));
    }

    [Fact]
    public void Diff_OfAdjacentRanges_MovesTheirBorder()
    {
        using var kernel = new NftScratch();
        var id = new TableId(TableFamily.Ip, "t");
        for (var border = 1u; border < 30; border += 3)
        {
            var map = new NftMap
            {
                Name = "m",
                Key = [NftType.Ipv4Address],
                Flags = SetFlags.Interval,
                Elements = [Range(0, border, Verdict.Accept), Range(border + 1, 40, Verdict.Drop), Range(41, uint.MaxValue, Verdict.Return)],
            };
            var desired = new Table { Id = id, Sets = [map] };
            kernel.Reach(desired);
            AssertSame(desired, kernel.Nft.ReadTable(id));
        }

        static SetElement Range(uint from, uint to, Verdict verdict) => new()
        {
            Key = NftScalar.Address(IpAddress.FromV4(from)),
            KeyEnd = NftScalar.Address(IpAddress.FromV4(to)),
            Verdict = verdict,
        };
    }

    private static IEnumerable<string> Lines(string text) => text.Split('\n').Order(StringComparer.Ordinal);

    internal static void AssertSame(Table desired, Table? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(NftText.Write(desired), NftText.Write(WithoutCounters(actual)));
        Assert.Equal(desired, actual);
    }

    private static Table WithoutCounters(Table table) => table with
    {
        Sets = ValueList.From(table.Sets.Select(s => s with { Elements = ValueList.From(s.Elements.Select(e => e with { Counter = null })) })),
    };

    private static Table Sample(string name) => name switch
    {
        "proxy" => SampleTables.ProxyTable(),
        "policy" => SampleTables.PolicyTable(),
        "ip6" => Ip6(),
        _ => KitchenSink(),
    };

    /// <summary>One of everything that the samples above have none of.</summary>
    private static Table KitchenSink() => new()
    {
        Id = new TableId(TableFamily.Ip, "sink"),
        Sets =
        [
            new NftSet { Name = "with-timeout", Key = [NftType.Ipv4Address], Flags = SetFlags.Timeout, Timeout = TimeSpan.FromHours(1), Size = 100, Comment = "a set" },
            new NftMap
            {
                Name = "marks",
                Key = [KeyField.Of(Payload.IpSaddr)],
                Data = [KeyField.Of(Meta.Mark)],
                Elements = [SetElement.Map(NftScalar.Address(IpAddress.Parse("10.0.0.1")), NftScalar.Mark(0x17))],
            },
            new NftSet { Name = "names", Key = [NftType.InterfaceName], Elements = [SetElement.Of(NftScalar.InterfaceName("eth0"))] },
            new NftSet
            {
                Name = "reply-sources",
                Key = [KeyField.Of(new Ct(CtKey.IpSaddr, CtDirection.Reply)), KeyField.Of(Ct.Mark), KeyField.Of(Fib.DaddrType)],
                Elements = [SetElement.Of(NftData.Of(IpAddress.Parse("10.0.0.1"), NftScalar.Mark(1), NftScalar.Integer(2)))],
            },
        ],
        Chains =
        [
            Chain.Regular("jumped") with { Comment = "a chain" },
            Chain.Hooked("pre-raw", new BaseChain(ChainType.Filter, ChainHook.Prerouting, ChainPriority.Raw),
                Rule.Of(Match.Equal(Payload.IpDaddr, IpAddress.Parse("127.0.0.9")), new Notrack())),
            Chain.Hooked("out-route", new BaseChain(ChainType.Route, ChainHook.Output, ChainPriority.Mangle),
                Rule.Of(Match.NotEqual(Meta.Mark, NftScalar.Mark(1)), MetaSet.MarkAnd(0xff00)),
                Rule.Of(new MetaSet(MetaKey.Mark, new MapLookup(Payload.IpSaddr, "marks"))),
                Rule.Of(new MetaSet(MetaKey.Mark, new Jhash(Concat.Of(Payload.IpSaddr, Payload.IpDaddr), 3, Seed: 7, Offset: 10))),
                Rule.Of(new MetaSet(MetaKey.Mark, new Numgen(5, Random: false, Offset: 2))),
                Rule.Of(new MetaSet(MetaKey.Mark, new Constant(NftScalar.Mark(5))), new CtSet(CtKey.Mark, new Constant(NftScalar.Mark(9))))),
            Chain.Hooked("out-filter", new BaseChain(ChainType.Filter, ChainHook.Output, 3, DropByDefault: true),
                Rule.Of(new SetLookup(Meta.Oifname, "names", Negated: true), VerdictStatement.Jump("jumped")),
                Rule.Of(Match.InterfaceName(Meta.Oifname, "lo"), new Limit(1000, LimitUnit.Second, 5, Over: true), new Log(null, "kernel log"), VerdictStatement.Drop),
                Rule.Of(new SetLookup(Concat.Of(new Ct(CtKey.IpSaddr, CtDirection.Reply), Ct.Mark, Fib.DaddrType), "reply-sources"), VerdictStatement.Accept),
                Rule.Of(Match.Protocol(IpProtocol.Tcp), MatchRange.Ports(Payload.ThDport, 80, 90, negated: true), Reject.TcpReset),
                Rule.Of(Match.Protocol(IpProtocol.Icmp), Match.Equal(Payload.IcmpType, NftScalar.Byte(8)), VerdictStatement.Accept),
                Rule.Of(Match.Mark(0xf0, 0x10), new Counter(), VerdictStatement.Return),
                Rule.Of(Reject.PortUnreachable(IpFamily.V4))),
            Chain.Hooked("post-snat", new BaseChain(ChainType.Nat, ChainHook.Postrouting, ChainPriority.SrcNat + 1),
                Rule.Of(Match.Prefix(Payload.IpSaddr, IpPrefix.Parse("10.5.0.0/17")), Nat.Snat(IpAddress.Parse("192.0.2.1"), NatFlags.Persistent)),
                Rule.Of(new Masquerade(NatFlags.Random))),
            Chain.Hooked("pre-dnat", new BaseChain(ChainType.Nat, ChainHook.Prerouting, ChainPriority.DstNat - 5),
                Rule.Of(Match.Protocol(IpProtocol.Udp), Nat.Dnat(IpAddress.Parse("192.0.2.2"))),
                Rule.Of(Nat.Dnat(IpAddress.Parse("192.0.2.2")) with
                {
                    Target = new MapLookup(new Jhash(Payload.IpSaddr, 2, Seed: 3), SetReference.Anonymous(new NftMap
                    {
                        Name = string.Empty,
                        Key = [NftType.Integer],
                        Data = [NftType.Ipv4Address],
                        Elements =
                        [
                            SetElement.Map(NftScalar.Integer(0), NftScalar.Address(IpAddress.Parse("192.0.2.3"))),
                            SetElement.Map(NftScalar.Integer(1), NftScalar.Address(IpAddress.Parse("192.0.2.4"))),
                        ],
                    })),
                })),
        ],
    };

    private static Table Ip6() => new()
    {
        Id = new TableId(TableFamily.Ip6, "podwire-proxy"),
        Sets =
        [
            new NftMap
            {
                Name = "service-endpoints",
                Key = [KeyField.Of(Payload.Ip6Daddr), KeyField.Of(Meta.L4proto), KeyField.Of(Payload.ThDport), KeyField.Of(new Numgen(1))],
                Data = [KeyField.Of(Payload.Ip6Daddr), KeyField.Of(Payload.ThDport)],
                Elements =
                [
                    SetElement.Map(
                        NftData.Of(IpAddress.Parse("fd00:96::2"), IpProtocol.Sctp, NftScalar.Port(80), NftScalar.Integer(0)),
                        NftData.Of(IpAddress.Parse("fd00:244::17"), NftScalar.Port(8080)),
                        "ns/svc:sctp"),
                ],
            },
            new NftSet
            {
                Name = "blocks",
                Key = [NftType.Ipv6Address],
                Flags = SetFlags.Interval,
                Elements = [SetElement.Prefix(IpPrefix.Parse("fd00::/8")), SetElement.Prefix(IpPrefix.Parse("2001:db8::1/128"))],
            },
            new NftSet
            {
                Name = "sources",
                Key = [NftType.Ipv6Address, NftType.InetService],
                Flags = SetFlags.Interval,
                Elements = [new SetElement
                {
                    Key = NftData.Of(IpAddress.Parse("fd00::"), NftScalar.Port(80)),
                    KeyEnd = NftData.Of(IpAddress.Parse("fd00::ffff"), NftScalar.Port(90)),
                }],
            },
        ],
        Chains =
        [
            Chain.Hooked("prerouting", new BaseChain(ChainType.Nat, ChainHook.Prerouting, ChainPriority.DstNat),
                Rule.Of(
                    new SetLookup(Meta.L4proto, SetReference.Set(NftType.InetProtocol, IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp)),
                    Nat.Dnat(IpFamily.V6, new MapLookup(Concat.Of(Payload.Ip6Daddr, Meta.L4proto, Payload.ThDport, new Numgen(3)), "service-endpoints"))),
                Rule.Of(Match.Protocol(IpProtocol.Tcp), Nat.Dnat(IpAddress.Parse("fd00::5"), 443))),
            Chain.Hooked("forward", new BaseChain(ChainType.Filter, ChainHook.Forward, 0),
                Rule.Of(Match.Prefix(Payload.Ip6Saddr, IpPrefix.Parse("fd00:244::/56"), negated: true), new SetLookup(Payload.Ip6Saddr, "blocks"), VerdictStatement.Drop),
                Rule.Of(Match.Protocol(IpProtocol.Tcp), new SetLookup(Concat.Of(Payload.Ip6Saddr, Payload.ThDport), "sources"), VerdictStatement.Accept),
                Rule.Of(Reject.PortUnreachable(IpFamily.V6))),
        ],
    };
}
