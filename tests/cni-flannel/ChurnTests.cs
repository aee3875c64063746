using System.Diagnostics;
using System.Text.Json.Nodes;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class ChurnTests
{
    [Theory]
    [InlineData("vxlan")]
    [InlineData("host-gw")]
    [InlineData("udp")]
    public async Task NodesComeAndGo_AnUnconcernedPairLosesNothing(string backend)
    {
        await using var cluster = new TestCluster(3);
        var conf = backend switch
        {
            "vxlan" => new BackendConf { Type = BackendType.Vxlan },
            "udp" => UdpTests.Udp,
            _ => new BackendConf { Type = BackendType.HostGw },
        };
        await cluster.StartAsync(TestCluster.NetConf(conf));
        await TestCluster.AssertReachesAsync(cluster[1], cluster[2]);
        using var server = Iperf(cluster, 2, "-s", "-1");
        await TestCluster.UntilAsync("iperf3 listens", () => TestCluster.Run("ip", ["netns", "exec", $"{cluster.Prefix}-p2", "ss", "-Hltn", "sport = :5201"]).Length > 0);

        // Datagrams are not sent again: what is lost shows. Few and small ones, so that a receiver that has to wait for a processor drops none.
        using var client = Iperf(cluster, 1, "-c", cluster[2].PodAddress(IpFamily.V4).ToString(), "-u", "-b", "1M", "-l", "200", "-t", "2", "-J");
        var output = client.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var node3 = cluster.Nodes.Get(null, "node3")!;
        var turns = 0;
        for (; !client.HasExited; turns++)
        {
            cluster.Nodes.Set(Peer(backend, 4 + (turns % 200), turns));
            if (turns % 10 == 5)
            {
                cluster.Nodes.Remove(Kube.ObjectKey.Of(node3));
            }
            else if (turns % 10 == 9)
            {
                cluster.Nodes.Set(node3);
            }

            if (turns > 200)
            {
                cluster.Nodes.Remove(new Kube.ObjectKey(string.Empty, $"node{4 + ((turns - 100) % 200)}"));
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        var result = JsonNode.Parse(await output)!;
        Assert.Null(result["error"]);
        var sum = result["end"]!["sum"]!;
        TestContext.Current.SendDiagnosticMessage($"{backend}: {turns} changes, {sum["packets"]} packets, {sum["lost_packets"]} lost");
        Assert.True((int)sum["packets"]! > 1000);
        Assert.Equal(0, (int)sum["lost_packets"]!);
    }

    private static Process Iperf(TestCluster cluster, int pod, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("ip", ["netns", "exec", $"{cluster.Prefix}-p{pod}", "iperf3", .. arguments]) { RedirectStandardOutput = true })!;

    private static Node Peer(string backend, int number, int turn) => new()
    {
        Metadata =
        {
            Name = $"node{number}",
            ResourceVersion = $"{turn + 100}",
            Annotations =
            {
                ["flannel.alpha.coreos.com/kube-subnet-manager"] = "true",
                ["flannel.alpha.coreos.com/backend-type"] = backend,
                ["flannel.alpha.coreos.com/backend-data"] = backend == "vxlan" ? $$"""{"VNI":1,"VtepMAC":"0a:00:00:00:01:{{number:x2}}"}""" : "null",
                ["flannel.alpha.coreos.com/public-ip"] = $"10.89.0.{20 + (number + turn) % 200}",
            },
        },
        Spec = { PodCIDR = $"10.244.{number}.0/24" },
    };
}
