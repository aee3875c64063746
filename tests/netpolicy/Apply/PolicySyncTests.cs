using Microsoft.Extensions.Logging.Abstractions;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Model;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Tests.Apply;

/// <summary>What becomes of pods for whose rules the kernel has no room.</summary>
public sealed class PolicySyncTests
{
    [Theory]
    [InlineData(Errno.ENFILE)]
    [InlineData(Errno.ENOSPC)]
    [InlineData(Errno.ENOMEM)]
    public void Sync_KernelWithoutRoom_PutsThePodsOfTheChangeAsideUntilItIsInForce(Errno errno)
    {
        var kernel = new FullKernel();
        using var tables = new NftTables(kernel, false, NullLogger.Instance);
        var sync = new PolicySync(tables, RandomCluster.Node, NullLogger.Instance);
        var told = new List<int>();
        sync.Closed += (count, _) => told.Add(count);
        var policy = new PolicyId("shop", "deny");
        sync.Sync(
            new()
            {
                IsEverything = true,
                Namespaces = { ["shop"] = LabelSet.Of([]) },
                Pods = { [new("shop", "one")] = Pod("one", "10.0.0.1") },
                Policies = { [policy] = new() { Id = policy, Subject = new("shop", null, LabelQuery.Everything), HasIngress = true } },
            },
            out _);
        Assert.Empty(tables.ReadPending());

        kernel.Refusal = errno;
        Assert.Throws<NftException>(() => sync.Sync(new() { Pods = { [new("shop", "two")] = Pod("two", "10.0.0.2") } }, out _));
        Assert.Throws<NftException>(() => sync.Sync(null, out _));

        Assert.Equal([IpAddress.Parse("10.0.0.2")], tables.ReadPending());
        Assert.Equal((1, 1), (sync.ClosedCount, Assert.Single(told)));
        kernel.Refusal = Errno.None;
        sync.Sync(null, out _);
        Assert.Empty(tables.ReadPending());
        Assert.Equal(0, sync.ClosedCount);
        Assert.Equal(2, kernel.ReadTable(TableSchema.V4.Id)!.FindSet("ingress-pods")!.Elements.Count);
    }

    [Fact]
    public void Sync_RefusedForAnotherReason_PutsNobodyAside()
    {
        var kernel = new FullKernel();
        using var tables = new NftTables(kernel, false, NullLogger.Instance);
        var sync = new PolicySync(tables, RandomCluster.Node, NullLogger.Instance);
        sync.Sync(new() { IsEverything = true }, out _);
        kernel.Refusal = Errno.EINVAL;
        var policy = new PolicyId("shop", "deny");

        Assert.Throws<NftException>(() => sync.Sync(
            new() { Pods = { [new("shop", "one")] = Pod("one", "10.0.0.1") }, Policies = { [policy] = new() { Id = policy, Subject = new("shop", null, LabelQuery.Everything), HasIngress = true } } }, out _));

        Assert.Equal(0, sync.ClosedCount);
        Assert.Empty(tables.ReadPending());
    }

    private static PodRecord Pod(string name, string address) => new()
    {
        Key = new("shop", name), Uid = name, Node = RandomCluster.Node, Labels = LabelSet.Of([]), Addresses = [IpAddress.Parse(address)], Created = DateTimeOffset.UnixEpoch,
    };

    /// <summary>Takes elements of the set of those that are put aside, and nothing else while it refuses.</summary>
    private sealed class FullKernel : INftables
    {
        private readonly FakeNft kernel = new();

        public Errno Refusal { get; set; }

        public uint GetGeneration() => kernel.GetGeneration();

        public Table? ReadTable(TableId id) => kernel.ReadTable(id);

        public void Apply(NftBatch batch, uint? generation = null)
        {
            foreach (var operation in batch.Operations)
            {
                if (Refusal != Errno.None && operation is not (AddElements { Set.Name: TableSchema.PendingName } or DeleteElements { Set.Name: TableSchema.PendingName }))
                {
                    throw new NftException(Refusal, operation);
                }
            }

            kernel.Apply(batch, generation);
        }
    }
}
