using Podwire.CniFlannel.Agent.Config;

namespace Podwire.CniFlannel.Tests;

/// <summary>--ip-blackhole-route.</summary>
public class BlackholeTests
{
    private const string Blackhole = "-4 route show type blackhole";
    private static readonly BackendConf Vxlan = new() { Type = BackendType.Vxlan };

    [Fact]
    public async Task Wanted_IsBehindTheBridgesRoute_IsRepaired_AndGoesWithTheFlag()
    {
        await using var cluster = new TestCluster(2);
        cluster[1].Blackhole = true;
        await cluster.StartAsync(TestCluster.NetConf(Vxlan, dualStack: true));
        cluster[1].Change("ip", "route add blackhole 10.244.66.0/24 metric 7");
        Assert.Equal(["10.244.1.0/24 4096", "10.244.66.0/24 7"], Routes(cluster[1]));
        Assert.Contains(cluster[1].Ip("-6 route show type blackhole"), static route => (string?)route!["dst"] == "fd00:10:244:1::/64");
        Assert.Empty(Routes(cluster[2]));
        await TestCluster.AssertReachesAsync(cluster[2], cluster[1]);

        // Without the bridge nothing of the subnet leaves by the default route.
        cluster[1].Change("ip", "route add default via 10.89.0.1");
        cluster[1].Change("ip", "link set cni0 down");
        Assert.Contains("RTNETLINK answers: Invalid argument", Assert.Throws<InvalidOperationException>(() => cluster[1].Ip("route get 10.244.1.77")).Message, StringComparison.Ordinal);
        cluster[1].Change("ip", "link set cni0 up");

        cluster[1].Change("ip", "route del blackhole 10.244.1.0/24");
        await TestCluster.UntilAsync("it is back", () => Routes(cluster[1]).Contains("10.244.1.0/24 4096"));
        foreach (var node in cluster.All)
        {
            await node.StopAsync();
        }

        cluster[1].Blackhole = false;
        cluster[1].Start(TestCluster.NetConf(Vxlan, dualStack: true));
        await cluster[1].Agent!.Ready;
        Assert.Equal(["10.244.66.0/24 7"], Routes(cluster[1]));
        Assert.Empty(cluster[1].Ip("-6 route show type blackhole"));
    }

    private static List<string> Routes(TestNode node) => [.. node.Ip(Blackhole).Select(static route => $"{route!["dst"]} {route["metric"]}").Order(StringComparer.Ordinal)];
}
