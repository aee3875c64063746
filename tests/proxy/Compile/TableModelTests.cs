using FsCheck;
using FsCheck.Fluent;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
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
        var settings = Settings(family, knowsPods) with { MasqueradeAll = masqueradeAll };
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
