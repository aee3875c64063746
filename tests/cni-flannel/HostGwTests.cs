using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class HostGwTests
{
    private static readonly BackendConf HostGw = new() { Type = BackendType.HostGw };

    [Fact]
    public async Task ThreeNodes_PodsReachEachOther_AndANodeThatGoesTakesItsRouteAlong()
    {
        await using var cluster = new TestCluster(3, podMtu: 1500);
        await cluster.StartAsync(TestCluster.NetConf(HostGw));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        await TestCluster.AssertReachesAsync(cluster[2], cluster[3]);
        var route = cluster[1].Ip("-4 route show 10.244.3.0/24")[0]!;
        Assert.Equal(("10.89.0.13", "eth0"), ((string)route["gateway"]!, (string)route["dev"]!));
        Assert.Contains("FLANNEL_MTU=1500\n", await File.ReadAllTextAsync(cluster[1].SubnetFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("null", cluster.Nodes.Get(null, "node3")!.Metadata.Annotations["flannel.alpha.coreos.com/backend-data"]);

        await cluster[3].StopAsync();
        cluster.Nodes.Remove(new Kube.ObjectKey(string.Empty, "node3"));
        await TestCluster.UntilAsync("node1 forgot node3", () => cluster.Routes(cluster[1]) is ["10.244.2.0/24"]);
    }

    [Theory]
    [InlineData("route del 10.244.2.0/24")]
    [InlineData("route replace 10.244.2.0/24 via 10.89.0.77 dev eth0")]
    [InlineData("link set eth0 down")]
    public async Task ForeignChange_IsRepaired(string arguments)
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(HostGw));
        cluster[1].Change("ip", arguments);
        if (arguments.EndsWith("down", StringComparison.Ordinal))
        {
            Assert.Empty(cluster.Routes(cluster[1]));
            cluster[1].Change("ip", "link set eth0 up");
        }

        await TestCluster.UntilAsync("the route is as it was", () => cluster[1].Ip("-4 route show 10.244.2.0/24") is [var route] && (string?)route!["gateway"] == "10.89.0.12");
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task Restart_AdoptsItsRoutes_RemovesStaleOnes_AndLeavesOthersAlone()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(HostGw));
        await cluster[1].StopAsync();
        cluster[1].Change("ip", "route add 10.244.9.0/24 via 10.89.0.12 dev eth0");
        cluster[1].Change("ip", "route add 10.244.8.0/24 via 10.89.0.12 dev eth0 proto static");
        cluster[1].Change("ip", "route add 192.0.2.0/24 via 10.89.0.12 dev eth0");
        cluster[1].Start(TestCluster.NetConf(HostGw));
        await cluster[1].Agent!.Ready;

        // A route that an administrator marked as his own (proto static) is not ours to remove.
        Assert.Equal(["10.244.2.0/24", "10.244.8.0/24"], cluster.Routes(cluster[1]).Order());
        Assert.Single(cluster[1].Ip("-4 route show 192.0.2.0/24"));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task FromVxlanAndBack_TheDeviceGoesAndComes()
    {
        await using var cluster = new TestCluster(2);
        foreach (var backend in new[] { BackendType.Vxlan, BackendType.HostGw, BackendType.Vxlan })
        {
            await cluster.StartAsync(TestCluster.NetConf(new BackendConf { Type = backend }));
            await TestCluster.UntilAsync("the routes follow the back end", () => cluster.All.All(node => node.Ip("-4 route show") is var routes
                && routes.Single(r => (string)r!["dst"]! == $"10.244.{3 - node.Number}.0/24")!["dev"]!.GetValue<string>() == (backend == BackendType.Vxlan ? "flannel.1" : "eth0")));
            Assert.Equal(backend == BackendType.Vxlan ? 1 : 0, cluster[1].Ip("link show type vxlan").Count);
            await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
            foreach (var node in cluster.All)
            {
                await node.StopAsync();
            }
        }
    }

    [Fact]
    public async Task DualStack_PodsReachEachOtherInBothFamilies()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(HostGw, dualStack: true));
        await TestCluster.UntilAsync("the IPv6 routes", () => cluster.All.All(node => node.Ip("-6 route show dev eth0").Any(r => ((string)r!["dst"]!).StartsWith("fd00:10:244", StringComparison.Ordinal))));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2], IpFamily.V6);
    }
}
