using System.Net;
using System.Net.Sockets;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class UdpTests
{
    internal static readonly BackendConf Udp = new() { Type = BackendType.Udp, Port = BackendConf.UdpPort };

    [Fact]
    public async Task ThreeNodes_PodsReachEachOther_AndTheDeviceIsAsFlanneldMakesIt()
    {
        await using var cluster = new TestCluster(3, podMtu: 1472);
        await cluster.StartAsync(TestCluster.NetConf(Udp));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        await TestCluster.AssertReachesAsync(cluster[3], cluster[1]);

        var link = cluster[1].Ip("link show flannel0")[0]!;
        Assert.Equal((1472, "tun"), ((int)link["mtu"]!, (string)link["linkinfo"]!["info_data"]!["type"]!));
        Assert.Equal("10.244.1.0/32", string.Join(' ', cluster[1].Ip("-4 address show dev flannel0")[0]!["addr_info"]!.AsArray().Select(a => $"{a!["local"]}/{a["prefixlen"]}")));
        Assert.Equal("flannel0", (string?)cluster[1].Ip("-4 route show 10.244.0.0/16")[0]!["dev"]);
        var annotations = cluster.Nodes.Get(null, "node2")!.Metadata.Annotations;
        Assert.Equal(("udp", "null"), (annotations["flannel.alpha.coreos.com/backend-type"], annotations["flannel.alpha.coreos.com/backend-data"]));
        Assert.Contains("FLANNEL_MTU=1472\n", await File.ReadAllTextAsync(cluster[1].SubnetFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NodeGoneAndBack_PacketsToItAreRefusedAndCarriedAgain()
    {
        await using var cluster = new TestCluster(2, podMtu: 1472);
        await cluster.StartAsync(TestCluster.NetConf(Udp));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        var node2 = cluster.Nodes.Get(null, "node2")!;
        cluster.Nodes.Remove(Kube.ObjectKey.Of(node2));

        // flannel's answer to a subnet that nobody has: ICMP network unreachable.
        await TestCluster.UntilAsync("pods of node2 are unreachable", () => TestCluster.ConnectFails(cluster[1], cluster[2]) == SocketError.NetworkUnreachable);
        cluster.Nodes.Set(node2);
        await TestCluster.UntilAsync("node1 knows node2 again", () => TestCluster.ConnectFails(cluster[1], cluster[2]) == SocketError.ConnectionRefused);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task ForeignChanges_AreRepaired()
    {
        await using var cluster = new TestCluster(2, podMtu: 1472);
        await cluster.StartAsync(TestCluster.NetConf(Udp));
        var before = Picture(cluster[1]);
        foreach (var arguments in (string[])["link set flannel0 mtu 1300", "route del 10.244.0.0/16", "address del 10.244.1.0/32 dev flannel0", "link set flannel0 down", "link del flannel0"])
        {
            cluster[1].Change("ip", arguments);
            await TestCluster.UntilAsync($"after {arguments} the kernel holds what it held before", () => Picture(cluster[1]) == before);
            await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        }
    }

    [Fact]
    public async Task LargePackets_GoWhole_AndInFragments()
    {
        await using var cluster = new TestCluster(2, podMtu: 1472);
        await cluster.StartAsync(TestCluster.NetConf(Udp));
        await TestCluster.AssertDatagramsAsync(cluster[1], cluster[2], 1472);
    }

    [Fact]
    public async Task Restart_TheDeviceGoesAndComes_AndTheOtherBackEndTakesOver()
    {
        await using var cluster = new TestCluster(2);
        foreach (var backend in new[] { Udp, new BackendConf { Type = BackendType.Vxlan }, Udp })
        {
            await cluster.StartAsync(TestCluster.NetConf(backend));
            await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
            Assert.Equal(backend == Udp ? 1 : 0, cluster[1].Ip("link show type tun").Count);
            foreach (var node in cluster.All)
            {
                await node.StopAsync();
            }

            Assert.Empty(cluster[1].Ip("link show type tun"));
        }
    }

    [Fact]
    public async Task PortInUse_IsNamed()
    {
        await using var cluster = new TestCluster(1);
        using var taken = cluster[1].Namespace.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Parse("10.89.0.11"), 8285));
            return socket;
        });
        cluster[1].Start(TestCluster.NetConf(Udp));
        await TestCluster.UntilAsync("the agent names the port", () => cluster[1].Agent!.Problem?.Contains("another process has UDP port 8285 of 10.89.0.11", StringComparison.Ordinal) == true);
        taken.Dispose();
        await TestCluster.UntilAsync("it begins when the port is free", () => cluster[1].Agent!.Ready.IsCompleted);
    }

    private static string Picture(TestNode node) => string.Join('\n', [
        .. node.Ip("link show type tun").Select(l => $"{l!["ifname"]} {l["mtu"]} {l["flags"]!.AsArray().Any(f => (string?)f == "UP")}"),
        .. node.Ip("-4 address show type tun").Where(l => l!["addr_info"] is not null).SelectMany(l => l!["addr_info"]!.AsArray().Select(a => $"{a!["local"]}/{a["prefixlen"]}")),
        .. node.Ip("-4 route show 10.244.0.0/16").Select(r => $"{r!["dst"]} {r["dev"]}")]);
}
