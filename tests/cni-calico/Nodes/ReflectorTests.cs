using System.Text.Json.Nodes;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Redundant reflectors that also peer with a gateway (Debian's bird), the fields of a BGPPeer as the gateway sees them, and packets all the while.</summary>
public class ReflectorTests(ReflectorNetwork shared) : IClassFixture<ReflectorNetwork>
{
    [Fact]
    public async Task Reflectors_OneKilledAndBack_PodsGoOnWithoutALostConnection_AndNothingGoesRound()
    {
        var network = await shared.GetAsync();
        var (one, two) = (shared.Pods[2], shared.Pods[3]);
        await CalicoNetwork.AssertReachesAsync(one, two);
        await CalicoNetwork.AssertReachesAsync(shared.Pods[0], two);

        // Sessions of two: one with each reflector; the way is there from both, and each has kept it as the other's client has told it.
        Assert.Equal(["10.89.0.11", "10.89.0.12"], Neighbors(network[3]).Select(static neighbor => (string)neighbor["address"]!).Order());
        var block = new IpPrefix(two.Address, 26).Masked;
        await CalicoNetwork.UntilAsync("two paths", () => Paths(network[3], block) is [{ } first, { } second] && (string)first["originatorId"]! == "10.89.0.14" && (string)second["originatorId"]! == "10.89.0.14" ? null : network[3].Ask($"routes {block}"));
        Assert.All(Paths(network[3], block), static path => Assert.Equal("10.89.255.1", (string)Assert.Single(path["clusterList"]!.AsArray())!));

        using var answers = new Greeter(two.Namespace, "pod4");
        using var outside = new Greeter(shared.Gateway.Client, "server");
        using var within = new SteadyTraffic(one.Namespace, two.Address, Greeter.Port);
        using var inbound = new SteadyTraffic(shared.Gateway.Client, two.Address, Greeter.Port);
        foreach (var number in (int[])[1, 2])
        {
            await network[number].KillAsync();
            await CalicoNetwork.UntilAsync("the others have noticed", () => State(network[3], number) == "Established" ? "established" : null);

            // A pod that comes while there is one reflector is reached through it.
            var late = (await network[4].PodAsync($"late{number}")).Attach();
            await CalicoNetwork.AssertReachesAsync(one, late);
            Assert.Equal(0, network[4].Call("DEL", late).Code);
            network[number].Start();
            await CalicoNetwork.UntilAsync("back", () => State(network[3], number) == "Established" && State(network[4], number) == "Established" ? null : network[number].Log);
        }

        await CalicoNetwork.UntilAsync("two paths again", () => Paths(network[3], block).Length == 2 ? null : network[3].Ask($"routes {block}"));
        within.AssertUnbroken();
        inbound.AssertUnbroken();

        // Nobody has a route back to itself, and no path went through a reflector twice.
        for (var number = 1; number <= 4; number++)
        {
            var own = new IpPrefix(shared.Pods[number - 1].Address, 26).Masked;
            Assert.Contains($"blackhole {own} proto 81", network[number].Ip("route"), StringComparison.Ordinal);
            Assert.DoesNotContain($"{own} via", network[number].Ip("route"), StringComparison.Ordinal);
            Assert.All(JsonNode.Parse(network[number].Ask("routes"))!["routes"]!.AsArray().SelectMany(static route => route!["paths"]!.AsArray()), static path => Assert.True(path!["clusterList"]!.AsArray().Count <= 1));
        }
    }

    /// <summary>A private data centre: the gateway has sessions with the reflectors alone, in another AS or in theirs.</summary>
    [Fact]
    public async Task Gateway_OfTheReflectors_HearsOfAllNodes_InAnotherAsAndInTheirs()
    {
        const string address = "192.0.2.9";
        var network = await shared.GetAsync();
        var gateway = shared.Gateway;
        var block = new IpPrefix(shared.Pods[3].Address, 26).Masked.ToString();
        using var pod = new Greeter(shared.Pods[3].Namespace, "pod4");
        using var four = new Greeter(network[4].Namespace, "node4");
        network[4].Ip($"addr add {address}/32 dev lo");
        await gateway.HopsAsync(block, "10.89.0.11", "10.89.0.12");
        await ReachesAsync(shared.Pods[3].Address, "pod4");

        // What lies in no pool is told on only where a filter lets it.
        gateway.Run(gateway.Told("198.18.30.0/24"), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001));
        await CalicoNetwork.UntilAsync("the reflectors have it", () => network[1].Ip("route show 198.18.30.0/24").Length > 0 && network[2].Ip("route show 198.18.30.0/24").Length > 0 ? null : network[1].Ip("route"));
        Assert.Empty(Paths(network[3], IpPrefix.Parse("198.18.30.0/24")));
        await network.Api.Client.CreateAsync(CalicoResources.BgpFilters, new BgpFilter { Metadata = { Name = "on" }, Spec = { ExportV4 = [new BgpFilterRule { Action = "Accept", Cidr = "198.18.30.0/24", MatchOperator = "Equal" }] } }, TestApi.Cancel);
        await network.ChangeAsync(CalicoResources.BgpPeers, "rr", static peer => peer.Spec.Filters = ["on"]);
        await CalicoNetwork.UntilAsync("the nodes have it", () => network[3].Ip("route show 198.18.30.0/24").Contains("via 10.89.0.203 dev eth0 proto 80", StringComparison.Ordinal) ? null : network[3].Ip("route"));
        await network.ChangeAsync(CalicoResources.BgpPeers, "rr", static peer => peer.Spec.Filters = []);
        await CalicoNetwork.UntilAsync("the nodes have it no more", () => network[3].Ip("route show 198.18.30.0/24") is { Length: > 0 } route ? route : null);
        gateway.Run(gateway.Told(), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001));

        // The reflectors are in the way, and could not pass on what is for a Local Service: they tell its range alone, as their own.
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp => bgp.Spec.ServiceExternalIPs = [new BgpCidr { Cidr = "192.0.2.0/24" }]);
        await LocalService.CreateAsync(network, "local", "10.96.0.9", address, "198.51.100.9");
        await LocalService.EndpointsAsync(network, "local", "node4");
        await gateway.HopsAsync("192.0.2.0/24", "10.89.0.11", "10.89.0.12");
        await CalicoNetwork.UntilAsync("the reflectors have it", () => Paths(network[1], IpPrefix.Parse($"{address}/32")).Length > 0 && Paths(network[2], IpPrefix.Parse($"{address}/32")).Length > 0 ? null : network[1].Ask("routes"));
        Assert.Empty(gateway.Hops($"{address}/32"));

        // With the nodes as next hops nobody is in the way.
        await PeerAsync(static spec => spec.KeepOriginalNextHop = true);
        await gateway.HopsAsync($"{address}/32", "10.89.0.14", "10.89.0.14");
        await gateway.HopsAsync(block, "10.89.0.14", "10.89.0.14");
        await ReachesAsync(IpAddress.Parse(address), "node4");
        await LocalService.EndpointsAsync(network, "local");
        await gateway.HopsAsync($"{address}/32");
        await LocalService.EndpointsAsync(network, "local", "node4");

        // In the same AS it is one client more, and the nodes have its routes from the reflectors.
        await PeerAsync(static spec => (spec.KeepOriginalNextHop, spec.AsNumber) = (false, 64512));
        gateway.Run(gateway.Told(), Gateway.Peer(1, 64512), Gateway.Peer(2, 64512));
        await gateway.HopsAsync(block, "10.89.0.14", "10.89.0.14");
        await gateway.HopsAsync($"{address}/32", "10.89.0.14", "10.89.0.14");
        await gateway.SaysAsync(block, "BGP.originator_id: 10.89.0.14");
        await CalicoNetwork.UntilAsync("the gateway's network is behind it", () => network[4].Ip("route show 172.30.203.0/24").Contains("via 10.89.0.203 dev eth0 proto 80", StringComparison.Ordinal) ? null : network[4].Ip("route"));
        await ReachesAsync(IpAddress.Parse(address), "node4");
        await ReachesAsync(shared.Pods[3].Address, "pod4");

        // Only the nodes name the reflectors: these have the sessions back, unless that is for their operator to say.
        await network.ChangeAsync(CalicoResources.BgpPeers, "rr", static peer => (peer.Spec.NodeSelector, peer.Spec.ReversePeering) = ("!has(route-reflector)", "Manual"));
        await CalicoNetwork.UntilAsync("no session", () => State(network[3], 1) == "Established" || State(network[1], 3) != "none" ? network[3].Ask("neighbors") : null);
        await network.ChangeAsync(CalicoResources.BgpPeers, "rr", static peer => peer.Spec.ReversePeering = "Auto");
        await CalicoNetwork.UntilAsync("the session is back", () => State(network[3], 1) == "Established" && State(network[4], 2) == "Established" ? null : network[3].Ask("neighbors"));

        await network.ChangeAsync(CalicoResources.BgpPeers, "rr", static peer => (peer.Spec.NodeSelector, peer.Spec.ReversePeering) = ("all()", null));
        await PeerAsync(static spec => spec.AsNumber = 65001);
        gateway.Run(gateway.Told(), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001));
        await network.Api.Client.DeleteAsync(KubeResources.Services, "default", "local", TestApi.Cancel);
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp => bgp.Spec.ServiceExternalIPs = []);
        await gateway.HopsAsync("192.0.2.0/24");
        await gateway.HopsAsync(block, "10.89.0.11", "10.89.0.12");
        network[4].Ip($"addr del {address}/32 dev lo");

        Task PeerAsync(Action<BgpPeerSpec> change) => network.ChangeAsync(CalicoResources.BgpPeers, "gateway", peer => change(peer.Spec));

        Task ReachesAsync(IpAddress to, string name) => CalicoNetwork.UntilAsync(
            $"a client reaches {to}", () => CalicoNetwork.Connect(gateway.Client, to, Greeter.Port) is var said && said == $"{name} 172.30.203.2" ? null : $"{said}\n{gateway.Ip("route")}\n{network[4].Ip("route")}");
    }

    private static JsonObject[] Neighbors(CalicoNode node) => [.. JsonNode.Parse(node.Ask("neighbors"))!["neighbors"]!.AsArray().Select(static neighbor => neighbor!.AsObject())];

    private static string State(CalicoNode node, int other) => (string?)Neighbors(node).FirstOrDefault(neighbor => (string)neighbor["address"]! == $"10.89.0.1{other}")?["state"] ?? "none";

    private static JsonObject[] Paths(CalicoNode node, IpPrefix prefix) =>
        JsonNode.Parse(node.Ask($"routes {prefix}"))!["routes"]!.AsArray() is [{ } route] ? [.. route["paths"]!.AsArray().Select(static path => path!.AsObject())] : [];
}
