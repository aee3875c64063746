namespace Podwire.EndToEnd.Tests;

/// <summary>Steps F, continued: the overlay's other back ends.</summary>
public sealed partial class ClusterTests
{
    [Fact]
    public void F4_Udp_ComesUpAndLeavesNothing()
    {
        var up = ClusterFixture.Make("up", "NETWORK=flannel-udp", "NODES=2");
        Assert.Contains("answered from 3 of 3 replicas", up.Error + up.Ok());
        foreach (var node in (string[])["node1", "node2"])
        {
            Assert.Contains("tun type tun", ClusterFixture.OnNode(node, "ip", "-d", "link", "show", "flannel0").Ok());
            Assert.Contains("dev flannel0", ClusterFixture.OnNode(node, "ip", "route", "show", "10.244.0.0/16").Ok());
            Assert.Contains("FLANNEL_MTU=1472", ClusterFixture.OnNode(node, "cat", "/run/flannel/subnet.env").Ok());
        }

        // Through the tunnel, not beside it: what node1 sends to node2's pods is counted.
        var before = Sent();
        for (var i = 0; i < 20; i++)
        {
            Assert.StartsWith("pod echo-", ClusterFixture.OnNode("node1", "curl", "-s", "-m", "5", "http://10.89.0.11:30080/").Ok());
        }

        Assert.True(Sent() > before, "nothing went through flannel0");
        ClusterFixture.Make("down").Ok();
        Eventually.Holds(() => Assert.Equal(cluster.Before, Machine.Look()));

        static long Sent() => long.Parse(ClusterFixture.OnNode("node1", "cat", "/sys/class/net/flannel0/statistics/tx_packets").Ok());
    }

    [Fact]
    public void F5_Ipip_ComesUp_OrIsRefusedByTheModulesName()
    {
        var up = ClusterFixture.Make("up", "NETWORK=flannel-ipip", "NODES=2");
        if (Directory.Exists("/sys/module/ipip"))
        {
            Assert.Contains("answered from 3 of 3 replicas", up.Error + up.Ok());
            Assert.Contains("ipip", ClusterFixture.OnNode("node1", "ip", "-d", "link", "show", "flannel.ipip").Ok());
            ClusterFixture.Make("down").Ok();
        }
        else
        {
            Assert.NotEqual(0, up.ExitCode);
            Assert.Contains("--network flannel-ipip needs the kernel module ipip, which this kernel lacks", up.Error);
            Assert.False(Directory.Exists(ClusterFixture.Folder));
        }

        Eventually.Holds(() => Assert.Equal(cluster.Before, Machine.Look()));
    }
}
