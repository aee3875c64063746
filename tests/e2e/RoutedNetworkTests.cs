namespace Podwire.EndToEnd.Tests;

/// <summary>The routed network in a cluster of its own: its own folder and port, up, used, down.</summary>
public sealed class RoutedNetworkTests
{
    private static readonly string[] Nodes = ["node1", "node2", "node3"];

    [Theory]
    [InlineData("calico-bgp")]
    [InlineData("calico-rr")]
    [InlineData("calico-vxlan")]
    public void Up_ThreeNodes_PodsAndServicesAnswerAcrossNodes_AndDownLeavesNothing(string network)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "e2e", network);
        var environment = new Dictionary<string, string> { ["PODWIRE_CLUSTER"] = folder };
        var podwire = Path.Combine(Repository.Root, "out/bin/podwire");
        var before = Machine.Ours().Count();
        try
        {
            // The sample's check: from a pod on every node, the ClusterIP and the NodePort answer from all replicas.
            var up = Command.Run(podwire, ["up", "--network", network, "--api-port", "16445"], environment);
            Assert.Contains("export KUBECONFIG=", up.Ok());
            foreach (var node in Nodes)
            {
                Assert.Matches($@"ok from pod echo-\S+ on {node} \(ClusterIP 10\.96\.\d+\.\d+ and NodePort 30080 answered from 3 of 3 replicas\)", up.Error);
                var routes = Command.Run(podwire, ["exec", $"node/{node}", "--", "ip", "route"], environment).Ok();
                Assert.Contains("blackhole 10.244.", routes);
                Assert.Contains(network == "calico-vxlan" ? "dev vxlan.calico proto 81" : "dev eth0 proto 80", routes);
            }

            var sessions = Command.Run(podwire, ["exec", "node/node3", "--", podwire, "bgp", "neighbors"], environment).Ok();
            Assert.Equal(2, sessions.Split('\n').Count(line => line.Contains("Established", StringComparison.OrdinalIgnoreCase)));
        }
        finally
        {
            Command.Run(podwire, ["down"], environment).Ok();
        }

        Assert.False(Directory.Exists(folder));
        Assert.Equal(before, Machine.Ours().Count());
    }
}
