using System.Text.Json.Nodes;
using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Tests.Ipam;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Nodes with a real API server, real agents, real plugins and packets.</summary>
public class NetworkTests
{
    [Fact]
    public async Task Mesh_ThreeNodesWithoutDefaultRoutes_PodsReachEachOther_AndTheWiringIsCalicos()
    {
        await using var network = await CalicoNetwork.StartAsync(3, v6: true);
        await network.Api.PoolAsync("v4", "10.244.0.0/16", static spec => spec.NatOutgoing = true);
        await network.Api.PoolAsync("v6", "fd00:244::/64");

        // Not BGP's port, and only at the nodes' own addresses; the third node has a port of its own.
        await network.Api.Client.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" }, Spec = { ListenPort = 1790, BindMode = "NodeIP" } }, TestApi.Cancel);
        await network.Api.Client.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "node.node3" }, Spec = { ListenPort = 1793 } }, TestApi.Cancel);
        await network.StartNodesAsync();
        var pods = new List<CalicoPod>();
        for (var number = 1; number <= 3; number++)
        {
            pods.Add((await network[number].PodAsync($"pod{number}")).Attach());
        }

        foreach (var from in pods)
        {
            foreach (var to in pods.Where(to => to != from))
            {
                await CalicoNetwork.AssertReachesAsync(from, to);
            }
        }

        AssertListens(network[1], "10.89.0.11:1790", "[fd00:89::11]:1790");
        AssertListens(network[3], "10.89.0.13:1793", "[fd00:89::13]:1793");
        Assert.DoesNotContain(Sockets(network[1], "established"), static line => line.Contains(":179 ", StringComparison.Ordinal));

        // The names that Calico gives, by its formula; kept addresses; the pods' next hops.
        var node = network[1];
#pragma warning disable CA5350 // The formula of the names.
        Assert.Equal("cali" + Convert.ToHexStringLower(System.Security.Cryptography.SHA1.HashData("default.pod1"u8))[..11], (string)pods[0].Result["interfaces"]![0]!["name"]!);
#pragma warning restore CA5350
        Assert.Contains("ee:ee:ee:ee:ee:ee", node.Ip($"link show {(string)pods[0].Result["interfaces"]![0]!["name"]!}"), StringComparison.Ordinal);
        Assert.Equal("default via 169.254.1.1 dev eth0 \n169.254.1.1 dev eth0 scope link \n", CalicoNetwork.Run("ip", ["-n", pods[0].Namespace.Path["/run/netns/".Length..], "route"]));
        Assert.Contains("default via fe80::ecee:eeff:feee:eeee dev eth0", CalicoNetwork.Run("ip", ["-n", pods[0].Namespace.Path["/run/netns/".Length..], "-6", "route"]), StringComparison.Ordinal);
        Assert.Contains($"blackhole {new IpPrefix(pods[0].Address, 26).Masked} proto 81", node.Ip("route"), StringComparison.Ordinal);
        Assert.Contains($"{new IpPrefix(pods[1].Address, 26).Masked} via 10.89.0.12 dev eth0 proto 80", node.Ip("route"), StringComparison.Ordinal);
        Assert.Equal(2, pods[0].Result["ips"]!.AsArray().Count);

        // To the outside as the node, between the pods as themselves (which AssertReaches has seen).
        Assert.Equal("10.89.0.11", network.SeenOutside(pods[0]).ToString());
        var told = await network.Api.Client.GetAsync(KubeResources.Nodes, null, "node1", TestApi.Cancel);
        Assert.Equal("10.89.0.11/24", told.Metadata.Annotations["projectcalico.org/IPv4Address"]);
        Assert.Contains(told.Status.Conditions, static condition => condition is { Type: "NetworkUnavailable", Status: "False", Reason: "CalicoIsUp" });

        // The runtime's other verbs.
        Assert.Equal(0, node.Call("CHECK", pods[0], pods[0].Result).Code);
        Assert.Equal(0, node.Call("STATUS", null).Code);
        Assert.Equal(0, node.Call("ADD", pods[0]).Code);
        Assert.Equal(0, node.Call("CHECK", pods[0], pods[0].Result).Code);
        node.Ip($"route del {pods[0].Address}");
        Assert.Equal(102, (int)node.Call("CHECK", pods[0], pods[0].Result).Answer["code"]!);
        Assert.Equal((0, 0), (node.Call("DEL", pods[0]).Code, node.Call("DEL", pods[0]).Code));
        Assert.DoesNotContain(await network.Api.HandlesAsync(), handle => handle.Spec.HandleID == pods[0].Handle);
        Assert.DoesNotContain("cali", node.Ip("link"), StringComparison.Ordinal);

        // GC takes what the runtime does not have.
        pods[0].Attach();
        Assert.Equal(0, node.Call("GC", null, more: static conf => conf["cni.dev/valid-attachments"] = new JsonArray()).Code);
        Assert.DoesNotContain(await network.Api.HandlesAsync(), handle => handle.Spec.HandleID == pods[0].Handle);
        Assert.DoesNotContain("cali", node.Ip("link"), StringComparison.Ordinal);
    }

    private static void AssertListens(CalicoNode node, params string[] expected) =>
        Assert.Equal(expected, Sockets(node, "listening").Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]).Order(StringComparer.Ordinal));

    private static string[] Sockets(CalicoNode node, string state) =>
        CalicoNetwork.Run("ip", ["netns", "exec", node.NetnsName, "ss", "-Htn", "state", state]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public async Task Reflector_WithPasswords_AndBorrowedAddresses_PodsReachEachOther()
    {
        await using var network = await CalicoNetwork.StartAsync(3, more: static node =>
        {
            if (node.Metadata.Name == "node1")
            {
                node.Metadata.Labels["route-reflector"] = "true";
                node.Metadata.Annotations["projectcalico.org/RouteReflectorClusterID"] = "10.89.255.1";
            }
        });

        // One block for three nodes: two of them borrow, and their addresses are announced one by one.
        await network.Api.PoolAsync("v4", "10.244.0.0/26");
        await network.Api.Client.CreateAsync(KubeResources.Namespaces, new Namespace { Metadata = { Name = "kube-system" } }, TestApi.Cancel).ContinueWith(static _ => 0, TaskScheduler.Default);
        await network.Api.Client.CreateAsync(KubeResources.Secrets, new Secret { Metadata = { Name = "bgp", Namespace = "kube-system" }, Data = { ["rr"] = Convert.ToBase64String("geheim"u8) } }, TestApi.Cancel);
        await network.Api.Client.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" }, Spec = { NodeToNodeMeshEnabled = false, AsNumber = 64600 } }, TestApi.Cancel);
        var peer = new BgpPeer { Metadata = { Name = "rr" }, Spec = { NodeSelector = "all()", PeerSelector = "route-reflector == 'true'", Password = new BgpPassword { SecretKeyRef = new BgpSecretKey { Name = "bgp", Key = "rr" } } } };
        await network.Api.Client.CreateAsync(CalicoResources.BgpPeers, peer, TestApi.Cancel);
        await network.StartNodesAsync();
        var pods = new List<CalicoPod>();
        for (var number = 1; number <= 3; number++)
        {
            pods.Add((await network[number].PodAsync($"pod{number}")).Attach());
        }

        await CalicoNetwork.AssertReachesAsync(pods[1], pods[2]);
        await CalicoNetwork.AssertReachesAsync(pods[0], pods[2]);
        await CalicoNetwork.AssertReachesAsync(pods[2], pods[0]);
        Assert.Contains($"{pods[2].Address} via 10.89.0.13 dev eth0 proto 80", network[2].Ip("route"), StringComparison.Ordinal);
        Assert.Single(await network.Api.AffinitiesAsync());

        // Two of three have one session each: the reflector's.
        Assert.DoesNotContain("10.89.0.13: established", network[2].Log, StringComparison.Ordinal);
        Assert.Contains("10.89.0.11: established, AS 64600", network[2].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vxlan_PodsReachEachOther_CrossSubnetTakesTheLink_AndTheDeviceComesBack()
    {
        await using var network = await CalicoNetwork.StartAsync(2);
        await network.Api.PoolAsync("v4", "10.244.0.0/16", static spec => spec.VxlanMode = "Always");
        await network.StartNodesAsync();
        network[1].Mtu = network[2].Mtu = 1450;
        var one = (await network[1].PodAsync("pod1")).Attach();
        var two = (await network[2].PodAsync("pod2")).Attach();
        await CalicoNetwork.AssertReachesAsync(one, two);
        Assert.Contains("dev vxlan.calico proto 81 onlink", network[1].Ip("route"), StringComparison.Ordinal);
        Assert.Contains("mtu 1450", network[1].Ip("link show vxlan.calico"), StringComparison.Ordinal);
        network[1].Ip("link del vxlan.calico");
        await CalicoNetwork.UntilAsync("the device is back", () => network[1].Ip("route").Contains("vxlan.calico", StringComparison.Ordinal) ? null : network[1].Log);
        await CalicoNetwork.AssertReachesAsync(two, one);

        var pool = await network.Api.Client.GetAsync(CalicoResources.IpPools, null, "v4", TestApi.Cancel);
        pool.Spec.VxlanMode = "CrossSubnet";
        await network.Api.Client.UpdateAsync(CalicoResources.IpPools, pool, TestApi.Cancel);
        await CalicoNetwork.UntilAsync("the link is the way", () => network[1].Ip("route").Contains("via 10.89.0.12 dev eth0 proto 81", StringComparison.Ordinal) ? null : network[1].Ip("route"));
        await CalicoNetwork.AssertReachesAsync(one, two);
        pool = await network.Api.Client.GetAsync(CalicoResources.IpPools, null, "v4", TestApi.Cancel);
        pool.Spec.VxlanMode = "Never";
        await network.Api.Client.UpdateAsync(CalicoResources.IpPools, pool, TestApi.Cancel);
        await CalicoNetwork.UntilAsync("BGP is the way", () => network[1].Ip("route").Contains("via 10.89.0.12 dev eth0 proto 80", StringComparison.Ordinal) ? null : network[1].Ip("route"));
        Assert.DoesNotContain("vxlan.calico", network[1].Ip("link"), StringComparison.Ordinal);
        await CalicoNetwork.AssertReachesAsync(one, two);
    }

    [UmlFact]
    public async Task Ipip_PodsReachEachOther_AndCrossSubnetTakesTheLink()
    {
        await using var network = await CalicoNetwork.StartAsync(2);
        await network.Api.PoolAsync("v4", "10.244.0.0/16", static spec => spec.IpipMode = "Always");
        await network.StartNodesAsync();
        network[1].Mtu = network[2].Mtu = 1480;
        var one = (await network[1].PodAsync("pod1")).Attach();
        var two = (await network[2].PodAsync("pod2")).Attach();
        await CalicoNetwork.AssertReachesAsync(one, two);
        Assert.Contains("via 10.89.0.12 dev tunl0 proto 81 onlink", network[1].Ip("route"), StringComparison.Ordinal);
        Assert.Contains("mtu 1480", network[1].Ip("link show tunl0"), StringComparison.Ordinal);
        Assert.Contains("pod MTU 1480", network[1].Log, StringComparison.Ordinal);
        var pool = await network.Api.Client.GetAsync(CalicoResources.IpPools, null, "v4", TestApi.Cancel);
        pool.Spec.IpipMode = "CrossSubnet";
        await network.Api.Client.UpdateAsync(CalicoResources.IpPools, pool, TestApi.Cancel);
        await CalicoNetwork.UntilAsync("the link is the way", () => network[1].Ip("route").Contains("via 10.89.0.12 dev eth0 proto 81", StringComparison.Ordinal) ? null : network[1].Ip("route"));
        await CalicoNetwork.AssertReachesAsync(one, two);
    }

    /// <summary>SIGKILL while addresses are given out: what was half done is found and given back, what pods have stays.</summary>
    [Fact]
    public async Task AgentKilledInTheMiddle_LeaksNothingAfterTheCollector()
    {
        await using var network = await CalicoNetwork.StartAsync(1);
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        var node = network[1];
        await network.StartNodesAsync();
        var kept = (await node.PodAsync("kept")).Attach();
        for (var round = 0; round < 4; round++)
        {
            // Pods that the API server never hears of: their addresses are leaks, wherever in the middle the agent ends.
            using var stop = new CancellationTokenSource();
            var assigned = 0;
            var asking = Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    var (code, _) = node.Call("ADD", new CalicoPod(node, $"ghost{worker}-{i}", kept.Namespace) { ContainerId = $"g{round}-{worker}-{i}" }, plugin: "calico-ipam");
                    Interlocked.Add(ref assigned, code == 0 ? 1 : 0);
                }
            })).ToArray();
            await CalicoNetwork.UntilAsync("some have addresses", () => Volatile.Read(ref assigned) >= 3 ? null : node.Log);
            await Task.Delay(Random.Shared.Next(0, 100), TestApi.Cancel);
            await node.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(asking);
            node.Start("--leak-grace-period", round < 3 ? "1h" : "1s", "--leak-check-period", "500ms");
        }

        await node.ReadyAsync();
        await CalicoNetwork.UntilAsync("only the pod's address is left", async () =>
        {
            var taken = await AddressAllocatorTests.TakenAsync(network.Api);
            var handles = await network.Api.HandlesAsync();
            return taken.Count == 1 && handles.Count == 1 ? null : $"{taken.Count} addresses, {handles.Count} handles\n{node.Log}";
        });
        Assert.Equal(kept.Address, Assert.Single(await AddressAllocatorTests.TakenAsync(network.Api)).Key);
        Assert.Contains("Gave back the addresses of k8s-pod-network.g", node.Log, StringComparison.Ordinal);
        Assert.All(await network.Api.AffinitiesAsync(), static affinity => Assert.Equal("confirmed", affinity.Spec.State));
        Assert.Equal(0, node.Call("DEL", kept).Code);
        Assert.Empty(await network.Api.HandlesAsync());
    }

    [Fact]
    public async Task Annotations_ChooseAddressAndPool_AndNonsenseIsNamed()
    {
        await using var network = await CalicoNetwork.StartAsync(1);
        await network.Api.PoolAsync("a", "10.244.0.0/16");
        await network.Api.PoolAsync("b", "10.245.0.0/16", static spec => spec.AssignmentMode = "Manual");
        var node = network[1];
        var early = await node.PodAsync("early");
        var (code, answer) = node.Call("ADD", early);
        Assert.Equal((1, 11), (code, (int)answer["code"]!));
        await AsnAsync("one");
        await network.StartNodesAsync();
        Assert.Equal("10.244.3.3", (await node.PodAsync("one", static pod => pod.Metadata.Annotations["cni.projectcalico.org/ipAddrs"] = """["10.244.3.3"]""")).Attach().Address.ToString());
        Assert.StartsWith("10.245.", (await node.PodAsync("two", static pod => pod.Metadata.Annotations["cni.projectcalico.org/ipv4pools"] = """["b"]""")).Attach().Address.ToString(), StringComparison.Ordinal);
        var taken = await node.PodAsync("three", static pod => pod.Metadata.Annotations["cni.projectcalico.org/ipAddrs"] = """["10.244.3.3"]""");
        Assert.Contains("10.244.3.3 that was asked for is another's", (string)node.Call("ADD", taken).Answer["msg"]!, StringComparison.Ordinal);
        var odd = await node.PodAsync("four", static pod => pod.Metadata.Annotations["cni.projectcalico.org/ipAddrs"] = "10.244.3.4");
        Assert.Contains("is not a JSON array", (string)node.Call("ADD", odd).Answer["msg"]!, StringComparison.Ordinal);
        var unmanaged = await node.PodAsync("five", static pod => pod.Metadata.Annotations["cni.projectcalico.org/ipAddrsNoIpam"] = """["192.0.2.7"]""");
        Assert.Contains("feature_control", (string)node.Call("ADD", unmanaged).Answer["msg"]!, StringComparison.Ordinal);
        var allowed = node.Call("ADD", unmanaged, more: static conf => conf["feature_control"] = new JsonObject { ["ip_addrs_no_ipam"] = true });
        Assert.Equal("192.0.2.7/32", (string)allowed.Answer["ips"]![0]!["address"]!);
        await network.Api.PoolAsync("c", "10.244.128.0/17");
        await CalicoNetwork.UntilAsync("the overlap is told", () => node.Log.Contains("IPPool c: spec.cidr: 10.244.128.0/17 overlaps 10.244.0.0/16 of IPPool a", StringComparison.Ordinal) ? null : node.Log);
        Assert.DoesNotContain(await network.Api.HandlesAsync(), handle => handle.Spec.HandleID == taken.Handle);

        // The node's own annotation is named once until it changes, however often the agent looks at it meanwhile.
        await AsnAsync("two");
        await CalicoNetwork.UntilAsync("the other value is told", () => node.Log.Contains("Node node1: projectcalico.org/ASNumber: 'two' is no AS number", StringComparison.Ordinal) ? null : node.Log);
        Assert.Equal(2, node.Log.Split("Node node1: projectcalico.org/ASNumber: 'one' is no AS number").Length);

        Task AsnAsync(string text) => network.ChangeAsync(KubeResources.Nodes, "node1", self => self.Metadata.Annotations["projectcalico.org/ASNumber"] = text);
    }
}
