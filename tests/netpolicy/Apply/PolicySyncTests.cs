using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Iptables;
using Podwire.Netlink;
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
    public void Sync_GroupOfPeersWithoutRoom_PutsEveryPodAsideWhosePoliciesAskForIt()
    {
        var kernel = new FullKernel();
        using var tables = new NftTables(kernel, false, NullLogger.Instance);
        var sync = new PolicySync(tables, RandomCluster.Node, NullLogger.Instance);
        var first = Cluster();
        sync.Sync(first, out _);

        // The change is about a pod of another node, which two pods of this one know: one by a set that all share, one by a set of its own.
        kernel.Refusal = Errno.ENFILE;
        Assert.Throws<NftException>(() => sync.Sync(new() { Pods = { [new("shop", "far")] = Pod("far", "10.0.9.1", "app=web", "other") } }, out _));

        Assert.Equal(Addresses("10.0.0.1", "10.0.0.2", "10.0.0.3"), tables.ReadPending().Order());
        kernel.Refusal = Errno.None;
        sync.Sync(null, out _);
        Assert.Empty(tables.ReadPending());
        Assert.Contains(kernel.ReadTable(TableSchema.V4.Id)!.Sets, static set => set.Name.StartsWith("peers-", StringComparison.Ordinal) && set.Elements.Any(static element => element.Key == NftScalar.Address(IpAddress.Parse("10.0.9.1"))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sync_FirstLoadWithoutRoom_PutsEveryPolicedPodAside(bool isInParts)
    {
        var kernel = new FullKernel { Refusal = Errno.ENOMEM };
        using var tables = new NftTables(kernel, false, NullLogger.Instance);
        var lines = new Lines();
        var sync = new PolicySync(tables, RandomCluster.Node, lines);
        var told = new List<int>();
        sync.Closed += (count, _) => told.Add(count);
        if (isInParts)
        {
            // What a first load has left that was sent in parts: nothing that packets meet.
            kernel.Apply(new NftBatch().Add(new AddTable(TableSchema.V4.Id)).Add(new AddSet(TableSchema.V4.Id, TableSchema.V4.Ingress)));
        }

        Assert.Throws<NftException>(() => sync.Sync(Cluster(), out _));
        Assert.Throws<NftException>(() => sync.Sync(null, out _));

        // The pod without a policy goes on.
        Assert.Equal(Addresses("10.0.0.1", "10.0.0.2", "10.0.0.3"), tables.ReadPending().Order());
        Assert.Equal((3, 3), (sync.ClosedCount, Assert.Single(told)));
        Assert.Contains("3 addresses", Assert.Single(lines.Written));
        Assert.Contains(kernel.ReadTable(TableSchema.V4.Id)!.FindChain("forward")!.Rules, static rule => RuleReferences.Sets(rule).Contains(TableSchema.PendingName));
        kernel.Refusal = Errno.None;
        sync.Sync(null, out _);
        Assert.Empty(tables.ReadPending());
        Assert.Equal(3, kernel.ReadTable(TableSchema.V4.Id)!.FindSet("ingress-pods")!.Elements.Count);
    }

    [Fact]
    public void Sync_RepairOfOthersChangesWithoutRoom_PutsEveryPolicedPodAside()
    {
        var kernel = new FullKernel();
        using var tables = new NftTables(kernel, false, NullLogger.Instance);
        var sync = new PolicySync(tables, RandomCluster.Node, NullLogger.Instance);
        sync.Sync(Cluster(), out _);
        kernel.Apply(RulesetDiff.Removing(TableSchema.V4.Id));
        kernel.Refusal = Errno.ENOSPC;
        sync.ForeignChange();

        Assert.Throws<NftException>(() => sync.Sync(null, out _));

        Assert.Equal(Addresses("10.0.0.1", "10.0.0.2", "10.0.0.3"), tables.ReadPending().Order());
    }

    [Theory]
    [InlineData("iptables-restore ended with 4: iptables-restore: line 7 failed: RULE_APPEND failed (No space left on device): rule in chain KUBE-NWPLCY.", 0, 1)]
    [InlineData("iptables-restore ended with 4: iptables-restore: line 9 failed: Memory allocation problem.", 0, 1)]
    [InlineData("iptables-restore ended with 2: iptables-restore v1.8.9 (nf_tables): unknown option", 0, 0)]
    [InlineData(null, 4352, 1)]
    [InlineData(null, 4099, 1)]
    [InlineData(null, 4101, 0)]
    public void Sync_IptablesOrIpsetWithoutRoom_IsToldFromOtherFailures(string? iptables, int ipset, int closed)
    {
        using var tables = new RefusingTables(new NftTables(new FakeNft(), false, NullLogger.Instance));
        var sync = new PolicySync(tables, RandomCluster.Node, NullLogger.Instance);
        sync.Sync(Cluster(), out _);
        tables.Refusal = iptables is null ? new NetlinkException("add 10.0.0.9 to KUBE-NWPLCY4-p", (Errno)ipset) : new IptablesException(iptables);

        Assert.NotNull(Record.Exception(() => sync.Sync(new() { Pods = { [new("shop", "new")] = Pod("new", "10.0.0.9", "app=db") } }, out _)));

        Assert.Equal(closed, sync.ClosedCount);
        Assert.Equal(Addresses(closed == 0 ? [] : ["10.0.0.9"]), tables.ReadPending());
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

    private static IpAddress[] Addresses(params string[] texts) => Array.ConvertAll(texts, static text => IpAddress.Parse(text));

    private static PodRecord Pod(string name, string address, string labels = "", string node = RandomCluster.Node) => new()
    {
        Key = new("shop", name), Uid = name, Node = node, Labels = LabelSet.Of(labels.Length == 0 ? [] : [new(labels.Split('=')[0], labels.Split('=')[1])]), Addresses = [IpAddress.Parse(address)], Created = DateTimeOffset.UnixEpoch,
    };

    /// <summary>Two pods (db) that the pods app=web reach, one (mixed) that they do not reach although everybody else does, and one without a policy.</summary>
    private static PolicySnapshot Cluster()
    {
        var (accepts, denies) = (new PolicyId("shop", "accepts"), new PolicyId("", "denies"));
        var web = PeerRecord.Of(new PeerSelector("shop", null, LabelQuery.Parse("app=web")));
        return new()
        {
            IsEverything = true,
            Namespaces = { ["shop"] = LabelSet.Of([]) },
            Pods =
            {
                [new("shop", "one")] = Pod("one", "10.0.0.1", "app=db"),
                [new("shop", "two")] = Pod("two", "10.0.0.2", "app=db"),
                [new("shop", "three")] = Pod("three", "10.0.0.3", "app=mixed"),
                [new("shop", "free")] = Pod("free", "10.0.0.4"),
            },
            Policies =
            {
                [accepts] = new() { Id = accepts, Subject = new("shop", null, LabelQuery.Parse("app=db")), HasIngress = true, Ingress = [new() { Peers = [web], Label = "ingress[0]" }] },
                [denies] = new() { Id = denies, Tier = PolicyTier.Admin, Subject = new("shop", null, LabelQuery.Parse("app=mixed")), HasIngress = true, Ingress = [new() { Action = RuleAction.Deny, Peers = [web], Label = "ingress[0]" }] },
            },
        };
    }

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Written.Add(formatter(state, exception));
    }

    /// <summary>A back end that refuses changes.</summary>
    private sealed class RefusingTables(NftTables tables) : IPolicyTables
    {
        public Exception? Refusal { get; set; }

        public string Name => tables.Name;

        public TableSettings Settings => tables.Settings;

        public SyncOutcome Apply(PolicyModel model, TableChange change) => Refusal is null ? tables.Apply(model, change) : throw Refusal;

        public SyncOutcome Repair(PolicyModel model) => Refusal is null ? tables.Repair(model) : throw Refusal;

        public string Plan(PolicyModel model) => tables.Plan(model);

        public bool MayHaveChanged() => tables.MayHaveChanged();

        public int? Fingerprint() => tables.Fingerprint();

        public bool IsPresent() => tables.IsPresent();

        public void Remove() => tables.Remove();

        public List<IpAddress> ReadPending() => tables.ReadPending();

        public void SetPending(IReadOnlyCollection<IpAddress> addresses, bool isPending) => tables.SetPending(addresses, isPending);

        public void EnsurePending(PolicyModel empty) => tables.EnsurePending(empty);

        public Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel) => tables.WatchAsync(foreign, unsure, cancel);

        public void Dispose() => tables.Dispose();
    }

    /// <summary>Takes elements of the set of those that are put aside, and no others while it refuses.</summary>
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
                if (Refusal != Errno.None && operation is AddElements { Set.Name: not TableSchema.PendingName })
                {
                    throw new NftException(Refusal, operation);
                }
            }

            kernel.Apply(batch, generation);
        }
    }
}
