using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>What gateways of another AS (Debian's bird) are told by real agents, what they tell, and packets that go by it.</summary>
public partial class GatewayTests(GatewayNetwork shared) : IClassFixture<GatewayNetwork>
{
    private const string ClusterIP = "10.96.0.7";
    private const string External = "192.0.2.7";
    private const string Balanced = "198.51.100.7";

    /// <summary>Ranges are told by every node, Local addresses by the nodes with an endpoint, and a client behind the gateway gets where they say.</summary>
    [Fact]
    public async Task Services_RangesFromEveryNode_LocalOnesFromTheirs_AndClientsReachThem()
    {
        var network = await shared.GetAsync();
        var gateway = shared.First;
        using var one = Answering(network[1]);
        using var two = Answering(network[2]);
        using var three = Answering(network[3]);
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp =>
        {
            bgp.Spec.ServiceClusterIPs = [new BgpCidr { Cidr = "10.96.0.0/16" }];
            bgp.Spec.ServiceExternalIPs = [new BgpCidr { Cidr = "192.0.2.0/24" }];
            bgp.Spec.ServiceLoadBalancerIPs = [new BgpCidr { Cidr = "198.51.100.0/24" }];
        });
        string[] all = ["10.89.0.11", "10.89.0.12", "10.89.0.13"];
        foreach (var range in (string[])["10.96.0.0/16", "192.0.2.0/24", "198.51.100.0/24"])
        {
            await gateway.HopsAsync(range, all);
        }

        // Each node is a next hop of the gateway's kernel, and connections spread over them. No node takes the ranges from another.
        await CalicoNetwork.UntilAsync("the kernel has three ways", () => all.All(hop => gateway.Ip("route show 10.96.0.0/16").Contains($"via {hop}", StringComparison.Ordinal)) ? null : gateway.Ip("route"));
        await TakenByAsync(network, gateway, ClusterIP, "node1", "node2", "node3");
        await CalicoNetwork.UntilAsync("none from the others, whichever came first", () => network[1].Ip("route") is var routes && routes.Contains("10.96.", StringComparison.Ordinal) ? routes : null);

        await LocalService.CreateAsync(network, "local", ClusterIP, External, Balanced);
        await LocalService.EndpointsAsync(network, "local", "node2");
        foreach (var address in (string[])[ClusterIP, External, Balanced])
        {
            await gateway.HopsAsync($"{address}/32", "10.89.0.12");
            await TakenByAsync(network, gateway, address, "node2");
        }

        // Another node's endpoint; one that is not ready; none.
        await LocalService.EndpointsAsync(network, "local", "node3", "node1");
        await gateway.HopsAsync($"{External}/32", "10.89.0.11", "10.89.0.13");
        await TakenByAsync(network, gateway, External, "node1", "node3");
        await LocalService.EndpointsAsync(network, "local", "!node3", "node1");
        await gateway.HopsAsync($"{Balanced}/32", "10.89.0.11");
        await TakenByAsync(network, gateway, Balanced, "node1");
        await LocalService.EndpointsAsync(network, "local");
        foreach (var address in (string[])[ClusterIP, External, Balanced])
        {
            await gateway.HopsAsync($"{address}/32");
        }

        await gateway.HopsAsync("192.0.2.0/24", all);

        // Without aggregation the balancer's addresses are told one by one, and a Service for all is every node's.
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp => bgp.Spec.ServiceLoadBalancerAggregation = "Disabled");
        await gateway.HopsAsync("198.51.100.0/24");
        await network.ChangeAsync(KubeResources.Services, "local", static service => service.Spec.ExternalTrafficPolicy = "Cluster", "default");
        await gateway.HopsAsync($"{Balanced}/32", all);
        await TakenByAsync(network, gateway, Balanced, "node1", "node2", "node3");

        // A node that is not to take traffic from outside.
        await network.ChangeAsync(KubeResources.Nodes, "node3", static node => node.Metadata.Labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "");
        await gateway.HopsAsync("10.96.0.0/16", "10.89.0.11", "10.89.0.12");
        await gateway.HopsAsync($"{Balanced}/32", "10.89.0.11", "10.89.0.12");
        await network.ChangeAsync(KubeResources.Nodes, "node3", static node => node.Metadata.Labels.Remove("node.kubernetes.io/exclude-from-external-load-balancers"));
        await gateway.HopsAsync("10.96.0.0/16", all);

        await network.Api.Client.DeleteAsync(KubeResources.Services, "default", "local", TestApi.Cancel);
        await gateway.HopsAsync($"{Balanced}/32");
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp => bgp.Spec = new BgpConfigurationSpec());
        await gateway.HopsAsync("10.96.0.0/16");
        for (var number = 1; number <= 3; number++)
        {
            foreach (var address in (string[])[ClusterIP, External, Balanced])
            {
                network[number].Ip($"addr del {address}/32 dev lo");
            }
        }
    }

    /// <summary>A node that answers for the Services' addresses.</summary>
    private static Greeter Answering(CalicoNode node)
    {
        foreach (var address in (string[])[ClusterIP, External, Balanced])
        {
            node.Ip($"addr add {address}/32 dev lo");
        }

        return new Greeter(node.Namespace, node.Name);
    }

    /// <summary>Connections from behind the gateway are taken by just these nodes, each of them at least once, and the client's address is kept.</summary>
    private static Task TakenByAsync(CalicoNetwork network, Gateway gateway, string address, params string[] nodes) => CalicoNetwork.UntilAsync($"{address} is taken by {string.Join(", ", nodes)}", () =>
    {
        var said = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 40 && said.Count <= nodes.Length && (i == 0 || said.Count < nodes.Length || i < 6); i++)
        {
            said.Add(CalicoNetwork.Connect(gateway.Client, IpAddress.Parse(address), Greeter.Port));
        }

        return said.SequenceEqual(nodes.Select(node => $"{node} 172.30.{gateway.Host}.2").Order(StringComparer.Ordinal)) ? null : $"{string.Join("; ", said)}\n{gateway.Ip("route")}\n{network[1].Ip("route")}\n{network[1].Log}";
    });
}
