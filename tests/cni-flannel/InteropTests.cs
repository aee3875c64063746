using Podwire.CniFlannel.Agent.Config;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

/// <summary>A cluster half on flanneld: the other node is what flanneld makes of it, by the annotations it writes and the ip commands that do what its netlink calls do.</summary>
public class InteropTests
{
    [Theory]
    [InlineData("vxlan")]
    [InlineData("host-gw")]
    public async Task FlanneldsNode_AndOurs_ReachEachOther_AlsoAfterItsMacChanged(string backend)
    {
        await using var cluster = new TestCluster(2);
        var type = backend == "vxlan" ? BackendType.Vxlan : BackendType.HostGw;
        cluster[1].Start(TestCluster.NetConf(new BackendConf { Type = type }));
        await cluster[1].Agent!.Ready;

        foreach (var mac in new[] { "8a:4d:42:c7:02:11", "8a:4d:42:c7:02:12" })
        {
            await FlanneldAsync(cluster, backend, mac);
            await TestCluster.UntilAsync("node1 has the route", () => cluster.Routes(cluster[1]).Count == 1
                && (backend != "vxlan" || cluster[1].Ip("neigh show dev flannel.1").Any(entry => (string?)entry!["lladdr"] == mac)));
            await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
            await TestCluster.AssertReachesAsync(cluster[2], cluster[1]);
            if (backend == "host-gw")
            {
                break;
            }
        }
    }

    [Fact]
    public async Task FlanneldsUdpNode_WhichNamesNoBackEnd_IsServed()
    {
        await using var cluster = new TestCluster(2, podMtu: 1472);
        await cluster.StartAsync(TestCluster.NetConf(UdpTests.Udp));
        var node = cluster.Nodes.Get(null, "node2")!;
        Announce(cluster, node, string.Empty, "null");
        await TestCluster.UntilAsync("node1 compared", () => cluster[1].Agent!.Carries(1));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    /// <summary>What flanneld does on node2: device, address, and for node1's lease ARP entry, FDB entry and route, all read from node1's annotations.</summary>
    private static async Task FlanneldAsync(TestCluster cluster, string backend, string mac)
    {
        await TestCluster.UntilAsync("node1 is announced", () => cluster.Nodes.Get(null, "node1")!.Metadata.Annotations.ContainsKey("flannel.alpha.coreos.com/backend-data"));
        var told = cluster.Nodes.Get(null, "node1")!;
        var publicIp = told.Metadata.Annotations["flannel.alpha.coreos.com/public-ip"];
        Assert.Equal(backend, told.Metadata.Annotations["flannel.alpha.coreos.com/backend-type"]);
        TestCluster.Run("ip", ["netns", "exec", cluster[2].NetnsName, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        var node = cluster[2];
        if (backend == "vxlan")
        {
            var data = System.Text.Json.Nodes.JsonNode.Parse(told.Metadata.Annotations["flannel.alpha.coreos.com/backend-data"])!;
            if (node.Ip("link show type vxlan").Count > 0)
            {
                node.Change("ip", "link del flannel.1");
            }

            node.Change("ip", $"link add flannel.1 address {mac} mtu 1450 type vxlan id {data["VNI"]} local 10.89.0.12 dev eth0 dstport 8472 nolearning");
            node.Change("ip", "address add 10.244.2.0/32 dev flannel.1");
            node.Change("ip", "link set flannel.1 up");
            node.Change("ip", $"neigh replace 10.244.1.0 lladdr {data["VtepMAC"]} nud permanent dev flannel.1");
            node.Change("bridge", $"fdb replace {data["VtepMAC"]} dev flannel.1 dst {publicIp}");
            node.Change("ip", "route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink");
        }
        else
        {
            node.Change("ip", $"route replace 10.244.1.0/24 via {publicIp} dev eth0");
        }

        Announce(cluster, cluster.Nodes.Get(null, "node2")!, backend, backend == "vxlan" ? $$"""{"VNI":1,"VtepMAC":"{{mac}}"}""" : "null");
    }

    private static void Announce(TestCluster cluster, Node node, string backend, string data) => cluster.Nodes.Set(new Node
    {
        Metadata =
        {
            Name = node.Metadata.Name,
            ResourceVersion = (int.Parse(node.Metadata.ResourceVersion!) + 1).ToString(),
            Annotations = new Dictionary<string, string>(node.Metadata.Annotations)
            {
                ["flannel.alpha.coreos.com/kube-subnet-manager"] = "true",
                ["flannel.alpha.coreos.com/backend-type"] = backend,
                ["flannel.alpha.coreos.com/backend-data"] = data,
                ["flannel.alpha.coreos.com/public-ip"] = "10.89.0.12",
            },
        },
        Spec = node.Spec,
    });
}
