using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <content>Filters, communities, and routes in the kernel.</content>
public partial class GatewayTests
{
    [Fact]
    public async Task Filters_TakePrefixesAway_AndGiveThemBack()
    {
        var network = await shared.GetAsync();
        var (gateway, other) = (shared.First, shared.Second);
        var block = BlockOf(shared.Pods[0]);
        string[] all = ["10.89.0.11", "10.89.0.12", "10.89.0.13"];
        using var answers = new Greeter(shared.Pods[0].Namespace, "pod1");
        await gateway.HopsAsync(block, all);
        await SaysAsync(gateway, shared.Pods[0], "pod1");

        // To this gateway alone, this block alone.
        var filter = new BgpFilter { Metadata = { Name = "f" } };
        filter.Spec.ExportV4.Add(new BgpFilterRule { Action = "Reject", Cidr = block, MatchOperator = "Equal" });
        await network.Api.Client.CreateAsync(CalicoResources.BgpFilters, filter, TestApi.Cancel);
        await network.ChangeAsync(CalicoResources.BgpPeers, "gw201", static peer => peer.Spec.Filters = ["f"]);
        await gateway.HopsAsync(block);
        await SaysAsync(gateway, shared.Pods[0], "unreachable");
        await gateway.HopsAsync(BlockOf(shared.Pods[1]), all);
        await other.HopsAsync(block, all);

        // The filter becomes another: everything is told, with a community and a longer path where it lies in the pool.
        await network.ChangeAsync(CalicoResources.BgpFilters, "f", static changed => changed.Spec.ExportV4 =
        [
            new BgpFilterRule { Action = "Reject", PeerType = "iBGP" },
            new BgpFilterRule
            {
                Action = "Accept", PeerType = "eBGP", Cidr = "10.244.0.0/16", MatchOperator = "In", PrefixLength = new BgpPrefixLength { Min = 26, Max = 26 },
                Operations = [new BgpFilterOperation { AddCommunity = new BgpAddCommunity { Value = "64512:77" } }, new BgpFilterOperation { PrependASPath = new BgpPrependPath { Prefix = [64700, 64701] } }],
            },
        ]);
        await gateway.SaysAsync(block, "BGP.community: (64512,77)");
        await gateway.SaysAsync(block, "BGP.as_path: 64512 64700 64701\n");
        await gateway.HopsAsync(block, all);
        Assert.DoesNotContain("BGP.community", other.Ask($"show route {block} all"), StringComparison.Ordinal);

        // What the gateway tells is not taken; the other one's is.
        await network.ChangeAsync(CalicoResources.BgpFilters, "f", static changed => changed.Spec = new BgpFilterSpec { ImportV4 = [new BgpFilterRule { Action = "Reject", Cidr = "172.30.0.0/16", MatchOperator = "In" }] });
        await RouteAsync(network[1], "172.30.201.0/24", false);
        await RouteAsync(network[2], "172.30.201.0/24", false);
        await RouteAsync(network[1], "172.30.202.0/24", true);

        // By what the gateway wrote on it, and back again when the gateway does not.
        await network.ChangeAsync(CalicoResources.BgpFilters, "f", static changed => changed.Spec = new BgpFilterSpec
        {
            ImportV4 = [new BgpFilterRule { Action = "Reject", Communities = new BgpFilterCommunities { Values = ["65001:666"] } }, new BgpFilterRule { Action = "Reject", AsPathPrefix = [65001, 65666] }],
        });
        await RouteAsync(network[1], "172.30.201.0/24", true);
        foreach (var set in (string[])["bgp_community.add((65001, 666));", "bgp_path.prepend(65666);"])
        {
            gateway.Run([gateway.Told(), .. Enumerable.Range(1, 3).Select(node => Gateway.Peer(node, 65001, export: $"filter {{ {set} if proto = \"told\" then accept; reject; }}"))]);
            await RouteAsync(network[1], "172.30.201.0/24", false);
            await RouteAsync(network[2], "172.30.201.0/24", false);
            shared.Ordinary();
            await RouteAsync(network[1], "172.30.201.0/24", true);
        }

        // By the link that it leads out by, with a priority in the nodes' kernels and a large community on the way out.
        await network.ChangeAsync(CalicoResources.BgpFilters, "f", static changed => changed.Spec = new BgpFilterSpec
        {
            ImportV4 =
            [
                new BgpFilterRule { Action = "Reject", Interface = "*.calico" },
                new BgpFilterRule { Action = "Accept", Interface = "eth?", Priority = 1024, Operations = [new BgpFilterOperation { SetPriority = new BgpSetPriority { Value = 512 } }] },
            ],
            ExportV4 = [new BgpFilterRule { Action = "Accept", Cidr = "10.244.0.0/16", MatchOperator = "In", Operations = [new BgpFilterOperation { AddCommunity = new BgpAddCommunity { Value = "64512:7:4294967295" } }] }],
        });
        await CalicoNetwork.UntilAsync("the priority", () => network[1].Ip("route show 172.30.201.0/24") is var route && route.Trim().EndsWith("proto 80 metric 512", StringComparison.Ordinal) && !route.Trim().Contains('\n') ? null : route);
        await gateway.SaysAsync(block, "BGP.large_community: (64512, 7, 4294967295)");

        await network.ChangeAsync(CalicoResources.BgpPeers, "gw201", static peer => peer.Spec.Filters = []);
        await network.Api.Client.DeleteAsync(CalicoResources.BgpFilters, null, "f", TestApi.Cancel);
        await gateway.HopsAsync(block, all);
        await CalicoNetwork.UntilAsync("no priority", () => network[1].Ip("route show 172.30.201.0/24") is var route && route.Trim().EndsWith("proto 80", StringComparison.Ordinal) ? null : route);
        await SaysAsync(gateway, shared.Pods[0], "pod1");
    }

    [Fact]
    public async Task Communities_OfPrefixAdvertisements_ArriveAtTheGateway()
    {
        var network = await shared.GetAsync();
        var gateway = shared.First;
        var (one, two) = (BlockOf(shared.Pods[0]), BlockOf(shared.Pods[1]));
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", bgp =>
        {
            bgp.Spec.ServiceClusterIPs = [new BgpCidr { Cidr = "10.96.0.0/16" }];
            bgp.Spec.Communities = [new BgpCommunity { Name = "pods", Value = "64512:300" }];
            bgp.Spec.PrefixAdvertisements =
            [
                new BgpAdvertisement { Cidr = "10.244.0.0/16", Communities = ["pods"] },
                new BgpAdvertisement { Cidr = one, Communities = ["64512:301"] },
                new BgpAdvertisement { Cidr = "10.96.0.0/16", Communities = ["65001:20"] },
            ];
        });
        await gateway.SaysAsync(one, "BGP.community: (64512,300) (64512,301)\n");
        await gateway.SaysAsync(two, "BGP.community: (64512,300)\n");
        await gateway.SaysAsync("10.96.0.0/16", "BGP.community: (65001,20)\n");
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp => bgp.Spec = new BgpConfigurationSpec());
        await CalicoNetwork.UntilAsync("the communities are gone", () => gateway.Ask("show route all") is var told && !told.Contains("community", StringComparison.Ordinal) && told.Contains(one, StringComparison.Ordinal) ? null : told);
    }

    /// <summary>Two gateways for one prefix are two next hops, and packets take both; what others have put into the kernel is not touched.</summary>
    [Fact]
    public async Task Kernel_TwoGatewaysAreTwoWays_AndOthersRoutesAreUntouched()
    {
        var network = await shared.GetAsync();
        var node = network[1];
        node.Namespace.WriteSysctl("net/ipv4/fib_multipath_hash_policy", "1");
        Gateway[] gateways = [shared.First, shared.Second];
        using var first = new Greeter(shared.First.Namespace, "first");
        using var second = new Greeter(shared.Second.Namespace, "second");
        foreach (var gateway in gateways)
        {
            gateway.Ip("addr add 198.18.0.1/32 dev lo");
        }

        // An operator's routes: the same prefix as a gateway's, and one with a metric; the link's own is in the gateway's list too.
        node.Ip("route add 198.18.5.0/24 via 10.89.0.202 proto static");
        node.Ip("route add blackhole 198.18.6.0/24 metric 50");
        shared.First.Run(shared.First.Told("198.18.0.0/24", "198.18.5.0/24", "198.18.6.0/24", "10.89.0.0/24"), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001), Gateway.Peer(3, 65001));
        shared.Second.Run(shared.Second.Told("198.18.0.0/24"), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001), Gateway.Peer(3, 65001));
        await CalicoNetwork.UntilAsync("two ways", () => node.Ip("route show 198.18.0.0/24") is var route && route.Contains("proto 80", StringComparison.Ordinal) && route.Contains("nexthop via 10.89.0.201", StringComparison.Ordinal) && route.Contains("nexthop via 10.89.0.202", StringComparison.Ordinal) ? null : node.Ip("route"));
        var said = Enumerable.Range(0, 60).Select(_ => CalicoNetwork.Connect(node.Namespace, IpAddress.Parse("198.18.0.1"), Greeter.Port)).ToHashSet();
        Assert.Equal(["first 10.89.0.11", "second 10.89.0.11"], said.Order());
        await RouteAsync(network[2], "198.18.5.0/24", true);
        await CalicoNetwork.UntilAsync("beside the one with a metric", () => node.Ip("route show 198.18.6.0/24") is var route && route.Contains("via 10.89.0.201", StringComparison.Ordinal) ? null : route);
        Assert.Equal("198.18.5.0/24 via 10.89.0.202 dev eth0 proto static", node.Ip("route show 198.18.5.0/24").Trim());
        Assert.Contains("blackhole 198.18.6.0/24 metric 50", node.Ip("route"), StringComparison.Ordinal);
        foreach (var number in (int[])[1, 2, 3])
        {
            Assert.Equal($"10.89.0.0/24 dev eth0 proto kernel scope link src 10.89.0.1{number}", network[number].Ip("route show 10.89.0.0/24").Trim());
        }

        // One gateway does without; then the operator does.
        shared.Second.Run(shared.Second.Told(), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001), Gateway.Peer(3, 65001));
        await CalicoNetwork.UntilAsync("one way", () => node.Ip("route show 198.18.0.0/24") is var route && route.StartsWith("198.18.0.0/24 via 10.89.0.201 dev eth0 proto 80", StringComparison.Ordinal) ? null : route);
        node.Ip("route del 198.18.5.0/24");
        await CalicoNetwork.UntilAsync("the learned one takes its place", () => node.Ip("route show 198.18.5.0/24") is var route && route.Contains("via 10.89.0.201 dev eth0 proto 80", StringComparison.Ordinal) ? null : node.Ip("route"));
        node.Ip("route add 198.18.7.0/24 via 10.89.0.202 proto static");
        shared.Ordinary();
        await RouteAsync(node, "198.18.5.0/24", false);
        Assert.Contains("198.18.7.0/24 via 10.89.0.202 dev eth0 proto static", node.Ip("route"), StringComparison.Ordinal);
        Assert.Equal("blackhole 198.18.6.0/24 metric 50", node.Ip("route show 198.18.6.0/24").Trim());
        node.Ip("route del 198.18.7.0/24");
        node.Ip("route del 198.18.6.0/24 metric 50");
        foreach (var gateway in gateways)
        {
            gateway.Ip("addr del 198.18.0.1/32 dev lo");
        }
    }

    /// <summary>kill -9 of an agent: packets go on; what the gateway tells no more when it is back goes, the rest stays all the time.</summary>
    [Fact]
    public async Task AgentKilledAndBack_TrafficGoesOn_AndWhatIsToldNoMoreGoes()
    {
        var network = await shared.GetAsync();
        var node = network[1];
        var gateway = shared.First;
        using var answers = new Greeter(shared.Pods[0].Namespace, "pod1");
        gateway.Run(gateway.Told("198.18.8.0/24", "198.18.9.0/24"), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001), Gateway.Peer(3, 65001));
        await RouteAsync(node, "198.18.8.0/24", true);
        await RouteAsync(node, "198.18.9.0/24", true);
        using var traffic = new SteadyTraffic(gateway.Client, shared.Pods[0].Address, Greeter.Port);
        await node.KillAsync();
        await CalicoNetwork.UntilAsync("the gateway has noticed", () => gateway.Ask("show protocols node1").Contains("Established", StringComparison.Ordinal) ? "established" : null);
        gateway.Run(gateway.Told("198.18.9.0/24"), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001), Gateway.Peer(3, 65001));
        Assert.Contains("198.18.8.0/24 via 10.89.0.201 dev eth0 proto 80", node.Ip("route"), StringComparison.Ordinal);
        node.Start();
        await RouteAsync(node, "198.18.8.0/24", false);
        Assert.Contains("198.18.9.0/24 via 10.89.0.201 dev eth0 proto 80", node.Ip("route"), StringComparison.Ordinal);
        await gateway.EstablishedAsync(1);
        traffic.AssertUnbroken();
        shared.Ordinary();
        await RouteAsync(node, "198.18.9.0/24", false);
    }

    /// <summary>Outside of all pools a pod is its node; to addresses of a pool, also one that is disabled, it is itself.</summary>
    [Fact]
    public async Task NatOutgoing_OutsideThePoolsAPodIsItsNode_InsideItself()
    {
        var network = await shared.GetAsync();
        var pod = shared.Pods[1];
        using var server = new Greeter(shared.First.Client, "server");
        await RouteAsync(network[2], "172.30.201.0/24", true);
        await SeenAsync(pod.Address.ToString());
        await network.Api.Client.DeleteAsync(CalicoResources.IpPools, null, "outside", TestApi.Cancel);
        await SeenAsync("10.89.0.12");
        await network.ChangeAsync(CalicoResources.IpPools, "v4", static pool => pool.Spec.NatOutgoing = false);
        await SeenAsync(pod.Address.ToString());
        await network.ChangeAsync(CalicoResources.IpPools, "v4", static pool => pool.Spec.NatOutgoing = true);
        await SeenAsync("10.89.0.12");
        await network.Api.PoolAsync("outside", "172.30.0.0/16", static spec => spec.Disabled = true);
        await SeenAsync(pod.Address.ToString());

        Task SeenAsync(string address) => CalicoNetwork.UntilAsync($"the server sees {address}", () => CalicoNetwork.Connect(pod.Namespace, IpAddress.Parse("172.30.201.2"), Greeter.Port) is var said && said == $"server {address}" ? null : said);
    }

    private static string BlockOf(CalicoPod pod) => new IpPrefix(pod.Address, 26).Masked.ToString();

    private static Task RouteAsync(CalicoNode node, string prefix, bool there) => CalicoNetwork.UntilAsync(
        $"{node.Name} has {(there ? "a" : "no")} route to {prefix}", () => node.Ip($"route show {prefix}").Contains("proto 80", StringComparison.Ordinal) == there ? null : $"{node.Ip("route")}\n{node.Log}");

    private static Task SaysAsync(Gateway gateway, CalicoPod pod, string expected) => CalicoNetwork.UntilAsync(
        $"behind the gateway {pod.Address} is {expected}", () => CalicoNetwork.Connect(gateway.Client, pod.Address, Greeter.Port) is var said && said.Contains(expected, StringComparison.OrdinalIgnoreCase) ? null : $"{said}\n{gateway.Ip("route")}");
}
