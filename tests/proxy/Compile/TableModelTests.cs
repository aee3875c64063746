using FsCheck;
using FsCheck.Fluent;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset;
using Data = Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Compile;

/// <summary>Random histories: what the rules do is what the API says, and what a history leaves is what a first compilation makes.</summary>
public sealed class TableModelTests
{
    [Theory]
    [InlineData(IpFamily.V4, true, false)]
    [InlineData(IpFamily.V6, true, false)]
    [InlineData(IpFamily.V4, false, false)]
    [InlineData(IpFamily.V4, true, true)]
    public void Apply_AnyHistory_DoesWithPacketsWhatTheApiSays(IpFamily family, bool knowsPods, bool masqueradeAll) => Histories(history =>
    {
        var settings = Settings(family, knowsPods) with { MasqueradeAll = masqueradeAll, ServiceCidrs = [IpPrefix.Parse(family == IpFamily.V4 ? "10.96.0.0/24" : "fd96::/64")] };
        var cluster = new RandomCluster();
        var model = new TableModel(settings);
        foreach (var number in history)
        {
            _ = model.Apply(cluster.Change(number));
        }

        var reading = new DirectReading(cluster.Services, Data.Node, settings, RandomCluster.LocalAddresses);
        var table = model.ToTable();
        foreach (var packet in RandomCluster.Packets(family))
        {
            var expected = reading.Outcomes(packet);
            var actual = new PacketInterpreter(table, RandomCluster.LocalAddresses).Outcomes(packet);
            // A client that sticks to an endpoint has fewer outcomes than there are endpoints, never others.
            var sticks = cluster.Services.Any(state => state.Service.AffinitySeconds > 0);
            Assert.True(sticks ? actual.IsSubsetOf(expected) && actual.Count > 0 : actual.SetEquals(expected), $"{packet}: is {Text(actual)}, should be {Text(expected)}");
        }
    });

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public void Apply_AnyHistory_LeavesWhatAFirstCompilationMakes(IpFamily family) => Histories(history =>
    {
        var cluster = new RandomCluster();
        var model = new TableModel(Settings(family));
        var kernel = new FakeNft();
        kernel.Apply(model.Skeleton());
        foreach (var number in history)
        {
            foreach (var change in model.Apply(cluster.Change(number)))
            {
                foreach (var batch in change.ToBatches())
                {
                    kernel.Apply(batch);
                }
            }

            Assert.Equal(NftText.Write(model.ToTable()), NftText.Write(kernel.ReadTable(TableSchema.Of(family).Id)!));
        }

        var first = new TableModel(Settings(family));
        _ = first.Apply(Data.Snapshot([.. cluster.Services]));
        Assert.Equal(NftText.Write(WithoutSlotOrder(first.ToTable())), NftText.Write(WithoutSlotOrder(model.ToTable())));
    });

    [Fact]
    public void Apply_LargeLoadInSeveralTransactions_EndsAsOne() => Histories(history =>
    {
        var cluster = new RandomCluster();
        foreach (var number in history)
        {
            cluster.Change(number);
        }

        var snapshot = Data.Snapshot([.. cluster.Services]);
        var (split, whole) = (new TableModel(Settings(IpFamily.V4)), new TableModel(Settings(IpFamily.V4)));
        var (kernel, loaded) = (new FakeNft(), new FakeNft());
        kernel.Apply(split.Skeleton());
        foreach (var change in split.Apply(snapshot, elementsAtOnce: 3))
        {
            foreach (var batch in change.ToBatches())
                {
                    kernel.Apply(batch);
                }
        }

        whole.Absorb(snapshot);
        foreach (var batch in whole.Load(elementsAtOnce: 3))
        {
            loaded.Apply(batch);
        }

        Assert.Equal(NftText.Write(whole.ToTable()), NftText.Write(kernel.ReadTable(TableSchema.V4.Id)!));
        Assert.Equal(NftText.Write(whole.ToTable()), NftText.Write(loaded.ReadTable(TableSchema.V4.Id)!));
    });

    [Fact]
    public void Adopt_TableOfAnotherHistory_NeedsNoChange() => Histories(history =>
    {
        var cluster = new RandomCluster();
        var model = new TableModel(Settings(IpFamily.V4));
        foreach (var number in history)
        {
            _ = model.Apply(cluster.Change(number));
        }

        var kernel = model.ToTable();
        var next = new TableModel(Settings(IpFamily.V4), ElementCompiler.ReadSlots(kernel));
        _ = next.Apply(Data.Snapshot([.. cluster.Services]));

        Assert.True(RulesetDiff.Between(kernel, next.ToTable()).IsEmpty);
    });

    /// <summary>Every way to tell pods: who is masqueraded at a cluster IP, and who goes everywhere in spite of externalTrafficPolicy Local.</summary>
    [Theory]
    [InlineData(nameof(DetectLocalMode.ClusterCidr), "10.244.0.2 eth0", false)]
    [InlineData(nameof(DetectLocalMode.ClusterCidr), "10.244.9.2 eth0", false)]
    [InlineData(nameof(DetectLocalMode.ClusterCidr), "198.51.100.7 cni0", true)]
    [InlineData(nameof(DetectLocalMode.NodeCidr), "10.244.0.2 cni0", false)]
    [InlineData(nameof(DetectLocalMode.NodeCidr), "10.244.9.2 cni0", true)]
    [InlineData(nameof(DetectLocalMode.BridgeInterface), "198.51.100.7 cni0", false)]
    [InlineData(nameof(DetectLocalMode.BridgeInterface), "10.244.0.2 cni01", true)]
    [InlineData(nameof(DetectLocalMode.BridgeInterface), "10.244.0.2 eth0", true)]
    [InlineData(nameof(DetectLocalMode.InterfaceNamePrefix), "198.51.100.7 veth12", false)]
    [InlineData(nameof(DetectLocalMode.InterfaceNamePrefix), "198.51.100.7 veth", false)]
    [InlineData(nameof(DetectLocalMode.InterfaceNamePrefix), "10.244.0.2 vet", true)]
    public void DetectLocal_EveryMode_TellsPodsFromOutside(string mode, string from, bool outside)
    {
        var options = new ProxyOptions { DetectLocal = Enum.Parse<DetectLocalMode>(mode), ClusterCidrs = [IpPrefix.Parse("10.244.0.0/16")], BridgeInterface = "cni0", InterfaceNamePrefix = "veth" };
        var service = Data.Service() with { ExternalIps = [Data.Ip("203.0.113.9")], ExternalLocal = true };
        var model = new TableModel(TableSettings.Of(options, Data.Node, IpFamily.V4));
        model.Absorb(Data.Snapshot(Data.With(service, Data.Endpoint("10.244.7.2", "node2"))));
        var packets = new PacketInterpreter(model.ToTable(), RandomCluster.LocalAddresses);
        var (source, link) = (Data.Ip(from.Split(' ')[0]), from.Split(' ')[1]);

        Assert.Equal([PacketOutcome.To(Data.At("10.244.7.2", 8080), outside)], packets.Outcomes(new(source, Data.Ip("10.96.0.10"), IpProtocol.Tcp, 80, link)));
        Assert.Equal([outside ? PacketOutcome.Dropped : PacketOutcome.To(Data.At("10.244.7.2", 8080), false)], packets.Outcomes(new(source, Data.Ip("203.0.113.9"), IpProtocol.Tcp, 80, link)));
    }

    [Fact]
    public void LostClaims_TwoServicesWithOneNodePort_TheYoungerIsNamed()
    {
        var (older, younger) = (Data.Service("ant") with { Ports = [new("http", IpProtocol.Tcp, 80, 30080)] }, Data.Service("bee", "10.96.0.11") with { Created = DateTimeOffset.UnixEpoch.AddYears(9), Ports = [new("http", IpProtocol.Tcp, 80, 30080)] });
        older = older with { Created = DateTimeOffset.UnixEpoch };
        var model = new TableModel(Settings(IpFamily.V4));
        model.Absorb(Data.Snapshot(Data.With(older, Data.Endpoint("10.244.0.2")), Data.With(younger, Data.Endpoint("10.244.0.3"))));

        var (loser, frontend, owner) = Assert.Single(model.LostClaims([older.Key, younger.Key]));

        Assert.Equal(("bee", FrontendKey.NodePort(IpProtocol.Tcp, 30080), older.Key), (loser.Key.Name, frontend, owner));
        Assert.NotNull(model.Find(new(Data.Ip("10.96.0.11"), IpProtocol.Tcp, 80)));
    }

    [Fact]
    public void NoLocalEndpoints_AreCountedByPolicy()
    {
        var inside = Data.Service("ant") with { InternalLocal = true };
        var outside = Data.Service("bee", "10.96.0.11") with { ExternalLocal = true, ExternalIps = [Data.Ip("203.0.113.9")] };
        var model = new TableModel(Settings(IpFamily.V4));
        _ = model.Apply(Data.Snapshot(Data.With(inside, Data.Endpoint("10.244.7.2", "node2")), Data.With(outside, Data.Endpoint("10.244.7.3", "node2"))));
        Assert.Equal((1, 1), (model.NoLocalInternal, model.NoLocalExternal));

        _ = model.Apply(Data.Snapshot(Data.With(inside, Data.Endpoint("10.244.0.2"))));
        _ = model.Apply(Data.Gone("bee"));

        Assert.Equal((0, 0), (model.NoLocalInternal, model.NoLocalExternal));
    }

    private static TableSettings Settings(IpFamily family, bool knowsPods = true) => new()
    {
        Family = family,
        Pods = !knowsPods ? LocalTraffic.Unknown : new() { Source = IpPrefix.Parse(family == IpFamily.V4 ? "10.244.0.0/16" : "fd44::/16") },
    };

    private static void Histories(Action<int[]> check) =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<int[]>().ToArbitrary(), check).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(60).WithStartSize(1).WithEndSize(40));

    private static string Text(IEnumerable<PacketOutcome> outcomes) => string.Join(", ", outcomes.Order(Comparer<PacketOutcome>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()))));

    /// <summary>The order of slots is history; which endpoints stand in them is not.</summary>
    private static Table WithoutSlotOrder(Table table) => table with
    {
        Sets = ValueList.From(table.Sets.Select(set => set is not NftMap { IsVerdictMap: false } map ? set : map with
        {
            Elements = ValueList.From(map.Elements
                .GroupBy(element => (Frontend: Convert.ToHexString(element.Key.Span[..^4]), Local: BitConverter.ToUInt32(element.Key.Span[^4..]) >= SharedChain.FirstLocalSlot))
                .SelectMany(group => group.OrderBy(element => element.Key).Zip(group.OrderBy(element => element.Data), (key, data) => SetElement.Map(key.Key, data.Data, data.Comment)))),
        })),
    };
}
