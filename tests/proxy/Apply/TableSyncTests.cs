using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Primitives;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Apply;

/// <summary>Against a kernel that refuses, forgets and is changed by others.</summary>
public sealed class TableSyncTests
{
    private static readonly TableSettings Settings = new() { Family = IpFamily.V4, Pods = new() { Source = IpPrefix.Parse("10.244.0.0/16") } };
    private readonly FakeNft kernel = new();
    private readonly TableSync sync;

    public TableSyncTests() => sync = new(kernel, new GenerationWatch(kernel), IpFamily.V4, NullLogger.Instance);

    [Fact]
    public void Sync_OneEndpointExchanged_SendsTwoElementOperations()
    {
        var service = Service();
        sync.Sync(Snapshot(With(service, Endpoint("10.244.0.2", "node2"), Endpoint("10.244.0.3", "node2"))), Settings);

        var outcome = sync.Sync(Snapshot(With(service, Endpoint("10.244.0.9", "node2"), Endpoint("10.244.0.3", "node2"))), Settings);

        Assert.Equal((1, 2), (outcome.Batches, outcome.Elements));
        Assert.Collection(
            kernel.Applied[^1].Operations,
            operation => Assert.Equal("elements of set ip podwire-proxy service-endpoints", Assert.IsType<DeleteElements>(operation).Subject),
            operation => Assert.Equal("elements of set ip podwire-proxy service-endpoints", Assert.IsType<AddElements>(operation).Subject));
        Check();
    }

    [Fact]
    public void Sync_OneEndpointRemoved_CostsTheSameAtAnySize()
    {
        var service = Service();
        var many = Enumerable.Range(2, 200).Select(i => Endpoint($"10.244.1.{i}", "node2")).ToArray();
        sync.Sync(Snapshot(With(service, many)), Settings);

        var outcome = sync.Sync(Snapshot(With(service, many[1..])), Settings);

        // The hole is filled (2), the last slot goes (1), the frontend leads to another chain (2).
        Assert.Equal(5, outcome.Elements);
        Check();
    }

    [Fact]
    public void Sync_SnapshotWithoutDifference_SendsNothing()
    {
        sync.Sync(Snapshot(With(Service(), Endpoint("10.244.0.2"))), Settings);

        Assert.Equal(0, sync.Sync(Snapshot(With(Service(), Endpoint("10.244.0.2"))), Settings).Batches);
        Assert.Equal(0, sync.Sync(null, Settings).Batches);
    }

    [Theory]
    [InlineData(Errno.ENOBUFS)]
    [InlineData(Errno.EMSGSIZE)]
    [InlineData(Errno.EEXIST)]
    public void Sync_RefusedTransaction_IsMadeGoodByTheNextRun(Errno errno)
    {
        sync.Sync(Snapshot(With(Service(), Endpoint("10.244.0.2"))), Settings);
        kernel.Fault = _ => errno;

        var failure = Assert.Throws<NftException>(() => sync.Sync(Snapshot(With(Service(), Endpoint("10.244.0.3"))), Settings));

        Assert.Equal(errno, failure.Errno);
        kernel.Fault = null;
        sync.Sync(null, Settings);
        Check();
    }

    [Fact]
    public void Sync_StaleGenerationWhileRepairing_ComparesAgain()
    {
        sync.Sync(Snapshot(With(Service(), Endpoint("10.244.0.2"))), Settings);
        kernel.Apply(new NftBatch().Add(new FlushSet(TableSchema.V4.Id, "service-ips")));
        sync.Distrust();
        var stale = 0;
        kernel.Fault = _ => stale++ < 2 ? Errno.ERESTART : Errno.None;

        sync.Sync(null, Settings);

        Assert.Equal(3, stale);
        Check();
    }

    [Fact]
    public void Sync_RepairThatRepointsAndClearsSlots_ClearsThemInATransactionOfTheirOwn()
    {
        var service = Service();
        sync.Sync(Snapshot(With(service, Endpoint("10.244.0.2", "node2"), Endpoint("10.244.0.3", "node2"))), Settings);
        kernel.Fault = _ => Errno.EIO;
        Assert.Throws<NftException>(() => sync.Sync(Snapshot(With(service, Endpoint("10.244.0.2", "node2"))), Settings));
        kernel.Fault = null;

        var outcome = sync.Sync(null, Settings);

        Assert.Equal(3, outcome.Batches);
        Assert.Equal("elements of set ip podwire-proxy service-endpoints", Assert.IsType<DeleteElements>(Assert.Single(kernel.Applied[^1].Operations)).Subject);
        Assert.DoesNotContain(kernel.Applied[^2].Operations, operation => operation is DeleteElements { Set.Name: "service-endpoints" });
        Check();
    }

    [Fact]
    public void Sync_FirstLoadRefusedHalfway_GoesOnFromThere()
    {
        var batches = 0;
        kernel.Fault = _ => batches++ == 1 ? Errno.ENOBUFS : Errno.None;
        Assert.Throws<NftException>(() => sync.Sync(Snapshot(With(Service(), Endpoint("10.244.0.2"))), Settings));

        sync.Sync(null, Settings);
        Check();
    }

    [Fact]
    public void Sync_ReadingBackFails_AsksForEverythingAgain()
    {
        var blind = new BlindNft(kernel);
        var tables = new TableSync(blind, new GenerationWatch(blind), IpFamily.V4, NullLogger.Instance);

        Assert.Throws<IOException>(() => tables.Sync(Snapshot(With(Service(), Endpoint("10.244.0.2"))), Settings));

        Assert.True(tables.NeedsEverything);
    }

    [Fact]
    public void Sync_OtherSettings_ChangesRulesInPlace()
    {
        var state = With(Service(), Endpoint("10.244.0.3"), Endpoint("10.244.0.2"));
        sync.Sync(Snapshot(state), Settings);

        sync.Sync(Snapshot(state), Settings with { MasqueradeAll = true });

        Assert.DoesNotContain(kernel.Applied[^1].Operations, operation => operation is AddElements or DeleteElements or DeleteTable);
        Check();
    }

    [Fact]
    public void Remove_AnyState_LeavesNothing()
    {
        sync.Remove();
        sync.Sync(Snapshot(With(Service(), Endpoint("10.244.0.2"))), Settings);
        sync.Remove();

        Assert.Empty(kernel.Tables);
    }

    [Fact]
    public void GenerationWatch_TellsOthersFromOurselves()
    {
        var watch = new GenerationWatch(kernel);
        kernel.Apply(new NftBatch().Add(new AddTable(new(TableFamily.Ip, "ours"))));
        watch.Committed(1);
        Assert.False(watch.TakeOthers());

        kernel.Apply(new NftBatch().Add(new AddTable(new(TableFamily.Ip, "theirs"))));
        kernel.Apply(new NftBatch().Add(new AddTable(new(TableFamily.Ip, "ours again"))));
        watch.Committed(1);
        Assert.True(watch.TakeOthers());
        Assert.False(watch.TakeOthers());
    }

    private void Check() => Assert.Equal(NftText.Write(sync.Model!.ToTable()), NftText.Write(kernel.ReadTable(TableSchema.V4.Id)!));

    /// <summary>A kernel whose tables cannot be read.</summary>
    private sealed class BlindNft(FakeNft inner) : INftables
    {
        public uint GetGeneration() => inner.GetGeneration();

        public Table? ReadTable(TableId id) => throw new IOException("the dump was interrupted");

        public void Apply(NftBatch batch, uint? generation = null) => inner.Apply(batch, generation);
    }
}
