using Podwire.CniFlannel.Agent.Config;

namespace Podwire.CniFlannel.Tests;

/// <summary>The back end alloc: leases, rules and subnet.env; somebody else routes.</summary>
public class AllocTests
{
    [Fact]
    public async Task TwoNodes_AreAnnounced_AndNoLinkOrRouteIsTouched()
    {
        await using var cluster = new TestCluster(2, podMtu: 1500);
        cluster[1].Change("ip", "route add 10.244.2.0/24 via 10.89.0.12 dev eth0");
        cluster[1].Change("ip", "route add 10.244.77.0/24 via 10.89.0.77 dev eth0");
        var before = Picture(cluster[1]);
        foreach (var node in cluster.All)
        {
            node.Start(TestCluster.NetConf(new BackendConf { Type = BackendType.Alloc }));
            await node.Agent!.Ready;
        }

        await TestCluster.UntilAsync("node1 knows node2", () => cluster.Nodes.Get(null, "node2")!.Metadata.Annotations.ContainsKey("flannel.alpha.coreos.com/public-ip"));
        Assert.Equal(before, Picture(cluster[1]));
        Assert.Equal("alloc", cluster.Nodes.Get(null, "node1")!.Metadata.Annotations["flannel.alpha.coreos.com/backend-type"]);
        Assert.Equal("FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1500\nFLANNEL_IPMASQ=true\n", await File.ReadAllTextAsync(cluster[1].SubnetFile, TestContext.Current.CancellationToken));
        Assert.Equal(System.Net.IPAddress.Parse("10.89.0.11"), await cluster.SeenOutsideAsync(cluster[1]));
    }

    private static string Picture(TestNode node) => string.Join('\n', [
        .. node.Ip("link show").Select(static link => $"{link!["ifname"]}"),
        .. node.Ip("-4 route show").Select(static route => $"{route!["dst"]} {route["gateway"]} {route["dev"]}").Order(StringComparer.Ordinal)]);
}
