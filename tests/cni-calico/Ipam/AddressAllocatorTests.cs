using System.Collections.Concurrent;
using System.Diagnostics;
using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Ipam;

/// <summary>Allocators against a real API server, as the agent's own user.</summary>
public class AddressAllocatorTests
{
    [Fact]
    public async Task Assign_ThenAgain_GivesTheSame_AndReleaseCanBeRepeated()
    {
        await using var api = await TestApi.StartAsync();
        await api.PoolAsync("v4", "10.244.0.0/16");
        await api.PoolAsync("v6", "fd00:244::/64");
        using var client = new KubeClient(KubeConfig.Load(api.CalicoKubeconfig));
        using var allocator = new AddressAllocator(client, "node1", await new TestView(client).ReadAsync(TestApi.Cancel));
        var first = await allocator.AssignAsync(Request("aa", v6: true), TestApi.Cancel);
        Assert.Equal([IpFamily.V4, IpFamily.V6], first.Select(address => address.Family));
        Assert.Equal(first, await allocator.AssignAsync(Request("aa", v6: true), TestApi.Cancel));
        var second = await allocator.AssignAsync(Request("bb"), TestApi.Cancel);
        Assert.NotEqual(first[0], second[0]);
        Assert.Equal(first, await allocator.FindAsync("net.aa", TestApi.Cancel));

        // Calico's objects, by their names.
        var blocks = await api.BlocksAsync();
        Assert.Equal(2, blocks.Count);
        Assert.All(blocks, block => Assert.Equal("host:node1", block.Spec.Affinity));
        Assert.All(blocks, block => Assert.Equal(CalicoNames.Block(IpPrefix.Parse(block.Spec.Cidr)), block.Metadata.Name));
        Assert.All(blocks, block => Assert.Equal(64, block.Spec.Allocations!.Count));
        var affinities = await api.AffinitiesAsync();
        Assert.All(affinities, affinity => Assert.Equal(("confirmed", "false", "node1"), (affinity.Spec.State, affinity.Spec.Deleted, affinity.Spec.Node)));
        Assert.Equal(blocks.Select(block => $"node1-{block.Metadata.Name}").Order(), affinities.Select(affinity => affinity.Metadata.Name).Order());
        var handle = (await api.HandlesAsync()).Single(entry => entry.Metadata.Name == "net.aa");
        Assert.Equal(blocks.Select(block => block.Spec.Cidr).Order(), handle.Spec.Block!.Keys.Order());

        Assert.Equal(2, await allocator.ReleaseAsync("net.aa", TestApi.Cancel));
        Assert.Equal(0, await allocator.ReleaseAsync("net.aa", TestApi.Cancel));
        Assert.Equal(0, await allocator.ReleaseAsync("net.never", TestApi.Cancel));
        Assert.Equal("net.bb", Assert.Single(await api.HandlesAsync()).Metadata.Name);
        Assert.Equal(second[0], Assert.Single(await TakenAsync(api)).Key);
    }

    /// <summary>A handle and its first address are written at the same time; of an agent that died then, one of the two is there.</summary>
    [Fact]
    public async Task AddressWithoutItsHandle_IsGivenAgainOrGivenBack_AndHandleWithoutAddressIsUsed()
    {
        await using var api = await TestApi.StartAsync();
        await api.PoolAsync("v4", "10.244.0.0/16");
        using var client = new KubeClient(KubeConfig.Load(api.CalicoKubeconfig));
        using var allocator = new AddressAllocator(client, "node1", await new TestView(client).ReadAsync(TestApi.Cancel));
        var first = await allocator.AssignAsync(Request("aa"), TestApi.Cancel);
        foreach (var next in (string[])["again", "release", "everywhere"])
        {
            await api.Client.DeleteAsync(CalicoResources.IpamHandles, null, "net.aa", TestApi.Cancel);
            if (next == "again")
            {
                Assert.Equal(first, await allocator.AssignAsync(Request("aa"), TestApi.Cancel));
                Assert.Equal(1, Assert.Single((await api.HandlesAsync()).Single().Spec.Block!).Value);
                continue;
            }

            // Another node's collector looks everywhere; the node itself in its own blocks.
            using var other = new AddressAllocator(client, "node2", await new TestView(client).ReadAsync(TestApi.Cancel));
            Assert.Equal(1, next == "release" ? await allocator.ReleaseAsync("net.aa", TestApi.Cancel) : await other.ReleaseAsync("net.aa", TestApi.Cancel, everywhere: true));
            Assert.Empty(await TakenAsync(api));
            first = await allocator.AssignAsync(Request("aa"), TestApi.Cancel);
        }

        // The other half: the handle alone.
        await allocator.ReleaseAsync("net.aa", TestApi.Cancel);
        await api.Client.CreateAsync(CalicoResources.IpamHandles, new IpamHandle { Metadata = { Name = "net.bb" }, Spec = new IpamHandleSpec { HandleID = "net.bb", Block = new() { ["10.244.9.0/26"] = 1 } } }, TestApi.Cancel);
        var second = await allocator.AssignAsync(Request("bb"), TestApi.Cancel);
        Assert.Equal(second[0], Assert.Single(await TakenAsync(api)).Key);
        Assert.Equal(second, await allocator.FindAsync("net.bb", TestApi.Cancel));
        Assert.Equal(1, await allocator.ReleaseAsync("net.bb", TestApi.Cancel));
        Assert.Empty(await api.HandlesAsync());
    }

    [Fact]
    public async Task Certain_IsTaken_AndWhatIsAnothersOrOutside_IsRefusedWithNothingLeft()
    {
        await using var api = await TestApi.StartAsync();
        await api.PoolAsync("v4", "10.244.0.0/16");
        using var client = new KubeClient(KubeConfig.Load(api.CalicoKubeconfig));
        var view = await new TestView(client).ReadAsync(TestApi.Cancel);
        using var one = new AddressAllocator(client, "node1", view);
        using var two = new AddressAllocator(client, "node2", view);
        Assert.Equal(["10.244.7.77"], Text(await one.AssignAsync(Request("aa", certain: "10.244.7.77"), TestApi.Cancel)));
        Assert.Equal(IpamFailure.Taken, (await Assert.ThrowsAsync<IpamException>(() => two.AssignAsync(Request("bb", certain: "10.244.7.77"), TestApi.Cancel))).Failure);
        Assert.Equal(IpamFailure.Invalid, (await Assert.ThrowsAsync<IpamException>(() => two.AssignAsync(Request("bb", certain: "10.245.0.1"), TestApi.Cancel))).Failure);

        // The neighbour in node1's block is lent.
        Assert.Equal(["10.244.7.78"], Text(await two.AssignAsync(Request("cc", node: "node2", certain: "10.244.7.78"), TestApi.Cancel)));
        Assert.Equal(["10.244.7.78"], Text(two.Borrowed));
        Assert.Equal(["net.aa", "net.cc"], (await api.HandlesAsync()).Select(handle => handle.Metadata.Name).Order());
        await two.ReleaseAsync("net.cc", TestApi.Cancel);
        Assert.Empty(two.Borrowed);
    }

    [Fact]
    public async Task PoolOfOneBlock_IsBorrowedFrom_ButNotWithStrictAffinity()
    {
        await using var api = await TestApi.StartAsync();
        await api.PoolAsync("v4", "10.244.0.0/28", spec => spec.BlockSize = 28);
        using var client = new KubeClient(KubeConfig.Load(api.CalicoKubeconfig));
        using var one = new AddressAllocator(client, "node1", await new TestView(client).ReadAsync(TestApi.Cancel));
        using var two = new AddressAllocator(client, "node2", await new TestView(client).ReadAsync(TestApi.Cancel));
        using var strict = new AddressAllocator(client, "node3", await new TestView(client) { Config = new IpamConfigSpec { StrictAffinity = true } }.ReadAsync(TestApi.Cancel));
        await one.AssignAsync(Request("a"), TestApi.Cancel);
        await two.AssignAsync(Request("b", node: "node2"), TestApi.Cancel);
        Assert.Equal((1, 0, 0, 1), (one.OwnBlocks.Count, one.Borrowed.Count, two.OwnBlocks.Count, two.Borrowed.Count));
        var refused = await Assert.ThrowsAsync<IpamException>(() => strict.AssignAsync(Request("c"), TestApi.Cancel));
        Assert.Contains("strictAffinity", refused.Message);
        Assert.Equal(["node1-10-244-0-0-28"], (await api.AffinitiesAsync()).Select(affinity => affinity.Metadata.Name));
        for (var i = 0; i < 14; i++)
        {
            await two.AssignAsync(Request($"d{i}", node: "node2"), TestApi.Cancel);
        }

        Assert.Equal(IpamFailure.Exhausted, (await Assert.ThrowsAsync<IpamException>(() => two.AssignAsync(Request("e"), TestApi.Cancel))).Failure);
        Assert.Equal(16, (await api.HandlesAsync()).Count);

        // The node goes: its block is nobody's until the last address is given back.
        await one.ReleaseAsync("net.a", TestApi.Cancel);
        Assert.Equal(1, await two.ReleaseNodeAsync("node1", TestApi.Cancel));
        Assert.Empty(await api.AffinitiesAsync());
        Assert.Null(Assert.Single(await api.BlocksAsync()).Spec.Affinity);
        await two.ReleaseAsync("net.b", TestApi.Cancel);
        for (var i = 0; i < 14; i++)
        {
            await two.ReleaseAsync($"net.d{i}", TestApi.Cancel);
        }

        Assert.Empty(await api.BlocksAsync());
        Assert.Empty(await api.HandlesAsync());
    }

    [Fact]
    public async Task Start_FinishesOrTakesBackClaims()
    {
        await using var api = await TestApi.StartAsync();
        await api.PoolAsync("v4", "10.244.0.0/16");
        await api.Client.CreateAsync(CalicoResources.BlockAffinities, Pending("node1", "10.244.1.0/26"), TestApi.Cancel);
        await api.Client.CreateAsync(CalicoResources.BlockAffinities, Pending("node1", "10.244.2.0/26"), TestApi.Cancel);
        await api.Client.CreateAsync(CalicoResources.IpamBlocks, new IpamBlock { Metadata = { Name = "10-244-2-0-26" }, Spec = AllocationBlock.Create(IpPrefix.Parse("10.244.2.0/26"), "node1", false) }, TestApi.Cancel);
        using var client = new KubeClient(KubeConfig.Load(api.CalicoKubeconfig));
        using var allocator = new AddressAllocator(client, "node1", await new TestView(client).ReadAsync(TestApi.Cancel));
        await allocator.StartAsync(TestApi.Cancel);
        Assert.Equal(("node1-10-244-2-0-26", "confirmed"), Assert.Single((await api.AffinitiesAsync()).Select(affinity => (affinity.Metadata.Name, affinity.Spec.State))));
        Assert.Equal(IpPrefix.Parse("10.244.2.0/26"), Assert.Single(allocator.OwnBlocks));
    }

    /// <summary>More nodes than blocks, all at once: they claim, collide and borrow. Nothing is lost, nothing given twice.</summary>
    [Fact]
    public async Task FiftyNodes_AllAtOnce_LoseAndDoubleNothing()
    {
        await using var api = await TestApi.StartAsync();
        await api.PoolAsync("v4", "10.244.0.0/21");
        var given = new ConcurrentDictionary<IpAddress, string>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(1, 50).Select(number => Task.Run(async () =>
        {
            using var client = new KubeClient(KubeConfig.Load(api.CalicoKubeconfig));
            using var allocator = new AddressAllocator(client, $"node{number}", await new TestView(client).ReadAsync(TestApi.Cancel));
            for (var pod = 0; pod < 24; pod++)
            {
                var request = Request($"{number}-{pod}", node: $"node{number}");
                var address = Assert.Single(await allocator.AssignAsync(request, TestApi.Cancel));
                Assert.True(given.TryAdd(address, request.Handle), $"{address} was given twice");

                // Every third goes again, and by then somebody else may have it.
                if (pod % 3 == 2)
                {
                    Assert.True(given.TryRemove(address, out _));
                    Assert.Equal(1, await allocator.ReleaseAsync(request.Handle, TestApi.Cancel));
                }
            }
        })));
        TestContext.Current.SendDiagnosticMessage($"50 nodes: {given.Count} addresses kept after {clock.Elapsed.TotalSeconds:F1} s");
        Assert.Equal(50 * 16, given.Count);
        var taken = await TakenAsync(api);
        Assert.Equal(given.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)), taken.Select(pair => (pair.Key, pair.Value.Primary!)));
        Assert.Equal(given.Values.Order(), (await api.HandlesAsync()).Select(handle => handle.Spec.HandleID).Order());
        Assert.Equal(32, (await api.BlocksAsync()).Count);
        Assert.Equal((await api.BlocksAsync()).Select(block => block.Metadata.Name).Order(), (await api.AffinitiesAsync()).Select(affinity => CalicoNames.Block(IpPrefix.Parse(affinity.Spec.Cidr))).Order());
    }

    internal static AssignRequest Request(string container, string node = "node1", bool v6 = false, string? certain = null) => new()
    {
        Handle = $"net.{container}",
        Attributes = new() { ["node"] = node, ["namespace"] = "default", ["pod"] = $"pod-{container}" },
        V6 = v6,
        Addresses = certain is null ? [] : [IpAddress.Parse(certain)],
    };

    internal static async Task<List<KeyValuePair<IpAddress, BlockAttribute>>> TakenAsync(TestApi api) =>
        [.. (await api.BlocksAsync()).SelectMany(block => new AllocationBlock(block.Spec).Taken()).OrderBy(pair => pair.Key)];

    private static BlockAffinity Pending(string node, string cidr) => new()
    {
        Metadata = { Name = CalicoNames.Affinity(node, IpPrefix.Parse(cidr)) },
        Spec = { Cidr = cidr, Node = node, State = "pending", Deleted = "false" },
    };

    private static IEnumerable<string> Text(IEnumerable<IpAddress> addresses) => addresses.Select(address => address.ToString());
}
