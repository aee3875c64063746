using Podwire.CniFlannel.Agent.Config;

namespace Podwire.CniFlannel.Tests;

/// <summary>The back end ipip, in a kernel that has it.</summary>
public class IpipTests
{
    private static readonly BackendConf Ipip = new() { Type = BackendType.Ipip };

    [UmlFact]
    public async Task ThreeNodes_PodsReachEachOther_AndTheDeviceIsAsFlanneldMakesIt()
    {
        await using var cluster = new TestCluster(3, podMtu: 1480) { Rules = false };
        await cluster.StartAsync(TestCluster.NetConf(Ipip));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        await TestCluster.AssertReachesAsync(cluster[3], cluster[1]);
        await TestCluster.AssertDatagramsAsync(cluster[1], cluster[2], 1480);
        var link = cluster[1].Ip("link show flannel.ipip")[0]!;
        Assert.Equal((1480, "10.89.0.11"), ((int)link["mtu"]!, (string)link["linkinfo"]!["info_data"]!["local"]!));
        var route = cluster[1].Ip("-4 route show 10.244.2.0/24")[0]!;
        Assert.Equal(("10.89.0.12", "flannel.ipip"), ((string)route["gateway"]!, (string)route["dev"]!));
        Assert.Equal("10.244.1.0/32", string.Join(' ', cluster[1].Ip("-4 address show dev flannel.ipip")[0]!["addr_info"]!.AsArray().Select(a => $"{a!["local"]}/{a["prefixlen"]}")));
        Assert.Equal("ipip", cluster.Nodes.Get(null, "node2")!.Metadata.Annotations["flannel.alpha.coreos.com/backend-type"]);

        cluster[1].Change("ip", "link del flannel.ipip");
        await TestCluster.UntilAsync("the device is back with its routes", () => cluster.Routes(cluster[1]).Count == 2);
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);

        var node3 = cluster.Nodes.Get(null, "node3")!;
        cluster.Nodes.Remove(Kube.ObjectKey.Of(node3));
        await TestCluster.UntilAsync("node1 forgot node3", () => cluster.Routes(cluster[1]) is ["10.244.2.0/24"]);
    }

    [UmlFact]
    public async Task DirectRouting_TakesTheLink_AndARestartWithoutItTheTunnel()
    {
        await using var cluster = new TestCluster(2, podMtu: 1480) { Rules = false };
        await cluster.StartAsync(TestCluster.NetConf(Ipip with { DirectRouting = true }));
        Assert.Equal(("10.89.0.12", "eth0"), Way(cluster[1]));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        foreach (var node in cluster.All)
        {
            await node.StopAsync();
        }

        await cluster.StartAsync(TestCluster.NetConf(Ipip));
        await TestCluster.UntilAsync("the tunnel is the way", () => Way(cluster[1]) == ("10.89.0.12", "flannel.ipip"));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        foreach (var node in cluster.All)
        {
            await node.StopAsync();
        }

        await cluster.StartAsync(TestCluster.NetConf(new BackendConf { Type = BackendType.HostGw }));
        Assert.DoesNotContain(cluster[1].Ip("link show type ipip"), static link => (string?)link!["ifname"] == "flannel.ipip");
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);

        static (string?, string?) Way(TestNode node) => node.Ip("-4 route show 10.244.2.0/24") is [var route] ? ((string?)route!["gateway"], (string?)route["dev"]) : default;
    }

    [Fact]
    public async Task KernelWithoutIpip_IsNamedWithTheModule()
    {
        Assert.SkipWhen(Directory.Exists("/sys/module/ipip"), "has: the kernel module ipip");
        await using var cluster = new TestCluster(1);
        cluster[1].Start(TestCluster.NetConf(Ipip));
        await TestCluster.UntilAsync("the agent names the module", () => cluster[1].Agent!.Problem?.Contains("this kernel has no ipip devices: load the module (modprobe ipip)", StringComparison.Ordinal) == true);
        Assert.False(File.Exists(cluster[1].SubnetFile));
    }
}
