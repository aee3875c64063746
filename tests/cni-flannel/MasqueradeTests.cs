using System.Net;
using Podwire.CniFlannel.Agent.Config;

namespace Podwire.CniFlannel.Tests;

public class MasqueradeTests
{
    private static readonly BackendConf Vxlan = new() { Type = BackendType.Vxlan };

    [Fact]
    public async Task Pod_ToTheOutside_IsMasqueraded_AndToPodsNot()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        Assert.Equal(IPAddress.Parse("10.89.0.11"), await cluster.SeenOutsideAsync(cluster[1]));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
    }

    [Fact]
    public async Task Rules_AreWrittenOnce_AndStayAsTheyAre()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAsync(TestCluster.NetConf(Vxlan));
        var before = cluster[1].Nft("-a list table ip flannel-ipv4");
        Assert.Contains("masquerade fully-random", before, StringComparison.Ordinal);

        // Any event makes the agent compare again; equal handles show that nothing was written anew.
        cluster[1].Change("ip", "link set flannel.1 mtu 1400");
        await TestCluster.UntilAsync("the agent compared again", () => (int)cluster[1].Ip("link show flannel.1")[0]!["mtu"]! == 1450);
        await cluster[1].StopAsync();
        Assert.Equal(before, cluster[1].Nft("-a list table ip flannel-ipv4"));
        cluster[1].Start(TestCluster.NetConf(Vxlan));
        await cluster[1].Agent!.Ready;
        Assert.Equal(before, cluster[1].Nft("-a list table ip flannel-ipv4"));
    }

    [Fact]
    public async Task TableDeletedOrChanged_IsRestoredAtTheKernelsNotification()
    {
        await using var cluster = new TestCluster(1);

        // The node's own comparison is an hour away.
        cluster[1].Start(TestCluster.NetConf(Vxlan));
        await cluster[1].Agent!.Ready;
        var before = cluster[1].Nft("list table ip flannel-ipv4");
        cluster[1].Nft("insert rule ip flannel-ipv4 forward drop");
        await TestCluster.UntilAsync("the rule is gone", () => cluster[1].Nft("list table ip flannel-ipv4") == before);
        cluster[1].Nft("delete table ip flannel-ipv4");
        await TestCluster.UntilAsync("the table is back", () => cluster[1].Nft("list tables").Contains("flannel-ipv4", StringComparison.Ordinal)
            && cluster[1].Nft("list table ip flannel-ipv4") == before);
    }
}
