using System.Text.Json.Nodes;
using Podwire.CniCalico.Tests.Ipam;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Nodes that leave the cluster, come back, and are too many for a mesh.</summary>
public class NodeLifeTests
{
    [Fact]
    public async Task NodeDeleted_ItsSessionsRoutesAndAddressesGo_AndItCanComeBack()
    {
        await using var network = await CalicoNetwork.StartAsync(3);
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        await network.StartNodesAsync("--leak-grace-period", "1s", "--leak-check-period", "200ms");
        var pods = await Task.WhenAll(Enumerable.Range(1, 3).Select(number => Task.Run(async () => (await network[number].PodAsync($"pod{number}")).Attach())));
        var block = new IpPrefix(pods[2].Address, 26).Masked;
        await CalicoNetwork.AssertReachesAsync(pods[0], pods[2]);
        await CalicoNetwork.AssertReachesAsync(pods[1], pods[2]);

        // The machine is gone first, then its object; its pods' objects are still there, as a dead machine's are.
        await network[3].KillAsync();
        Assert.Contains($"{block} via 10.89.0.13", network[1].Ip("route"), StringComparison.Ordinal);
        var node = await network.Api.Client.GetAsync(KubeResources.Nodes, null, "node3", TestApi.Cancel);
        await network.Api.Client.DeleteAsync(KubeResources.Nodes, null, "node3", TestApi.Cancel);
        foreach (var number in (int[])[1, 2])
        {
            await CalicoNetwork.UntilAsync($"node{number} has no session with it", () => network[number].Ask("neighbors") is var told && told.Contains("10.89.0.13", StringComparison.Ordinal) ? told : null);
            await CalicoNetwork.UntilAsync($"node{number} has no route to it", () => network[number].Ip("route") is var routes && routes.Contains("10.89.0.13", StringComparison.Ordinal) ? routes : null);
        }

        await CalicoNetwork.UntilAsync("nothing of it is left", async () =>
        {
            var (blocks, affinities, handles, taken) = (await network.Api.BlocksAsync(), await network.Api.AffinitiesAsync(), await network.Api.HandlesAsync(), await AddressAllocatorTests.TakenAsync(network.Api));
            return blocks.All(left => left.Spec.Cidr != block.ToString()) && affinities.All(static left => left.Spec.Node != "node3") && handles.All(left => left.Spec.HandleID != pods[2].Handle) && taken.Count == 2
                ? null : $"{blocks.Count} blocks, {affinities.Count} affinities, {handles.Count} handles, {taken.Count} addresses\n{network[1].Log}";
        });
        await CalicoNetwork.UntilAsync("the log says so", () => network[1].Log.Contains("Gave up 1 blocks of node node3, which is no more", StringComparison.Ordinal) ? null : network[1].Log);
        Assert.DoesNotContain("which is no more", network[2].Log, StringComparison.Ordinal);
        await CalicoNetwork.AssertReachesAsync(pods[0], pods[1]);

        // The same name comes back, with nothing but its kernel's routes of before.
        node.Metadata.ResourceVersion = null;
        node.Metadata.Uid = null;
        var created = await network.Api.Client.CreateAsync(KubeResources.Nodes, node, TestApi.Cancel);
        created.Status = node.Status;
        await network.Api.Client.UpdateStatusAsync(KubeResources.Nodes, created, TestApi.Cancel);
        network[3].Start();
        await CalicoNetwork.UntilAsync("its plugins are served", () => network[3].Call("STATUS", null) is (0, _) ? null : network[3].Log);
        var back = (await network[3].PodAsync("back")).Attach();
        await CalicoNetwork.AssertReachesAsync(pods[0], back);
        await CalicoNetwork.AssertReachesAsync(back, pods[1]);
        Assert.Equal(3, (await network.Api.AffinitiesAsync()).Count);
    }

    /// <summary>The nodes beside the first are objects of the API server alone.</summary>
    [Fact]
    public async Task Mesh_OfAHundredNodes_IsWarnedOf_InTheLogAndAsAnEvent()
    {
        await using var network = await CalicoNetwork.StartAsync(1);
        await Task.WhenAll(Enumerable.Range(2, 98).Select(number => AddAsync(network, number)));
        await network.StartNodesAsync();
        await MeshAsync(network, 98);
        Assert.DoesNotContain("A full mesh", network[1].Log, StringComparison.Ordinal);
        await AddAsync(network, 100);
        await MeshAsync(network, 99);
        await CalicoNetwork.UntilAsync("the log says so", () => network[1].Log.Contains("A full mesh of 100 nodes: from 100 on use route reflectors", StringComparison.Ordinal) ? null : network[1].Log);
        await CalicoNetwork.UntilAsync("an event says so", async () =>
        {
            var events = (await network.Api.Client.ListAsync(KubeResources.Events, null, null, TestApi.Cancel)).Items;
            return events.Exists(static told => told is { Type: "Warning", Reason: "LargeMesh", InvolvedObject: { Kind: "BGPConfiguration", Name: "default" } } && told.Message!.Contains("a full mesh of 100 nodes", StringComparison.Ordinal)) ? null : $"{events.Count} events";
        });
        await AddAsync(network, 101);
        await MeshAsync(network, 100);
        Assert.Equal(2, network[1].Log.Split("A full mesh").Length);
    }

    private static Task AddAsync(CalicoNetwork network, int number) => network.Api.Client.CreateAsync(
        KubeResources.Nodes, new Node { Metadata = { Name = $"other{number}", Annotations = { ["projectcalico.org/IPv4Address"] = $"10.89.0.{100 + number}/24" } } }, TestApi.Cancel);

    private static Task MeshAsync(CalicoNetwork network, int sessions) => CalicoNetwork.UntilAsync(
        $"{sessions} neighbours", () => JsonNode.Parse(network[1].Ask("neighbors")) is { } told && told["neighbors"]?.AsArray().Count == sessions ? null : network[1].Log);
}
