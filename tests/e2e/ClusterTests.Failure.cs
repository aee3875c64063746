namespace Podwire.EndToEnd.Tests;

/// <summary>Steps F, after the first cluster has ended: another network, and runs that cannot come to an end.</summary>
public sealed partial class ClusterTests
{
    [Fact]
    public void F1_HostGateway_ComesUpAndLeavesNothing()
    {
        var up = ClusterFixture.Make("up", "NETWORK=flannel-host-gw", "NODES=2");
        Assert.Contains("answered from 3 of 3 replicas", up.Error + up.Ok());
        var links = ClusterFixture.OnNode("node1", "ip", "-br", "link").Ok();
        Assert.DoesNotContain("flannel", links);
        Assert.Contains("10.244.", ClusterFixture.OnNode("node1", "ip", "route", "show", "via", "10.89.0.12").Ok());
        ClusterFixture.Make("down").Ok();
        Eventually.Holds(() => Assert.Equal(cluster.Before, Machine.Look()));
    }

    [Fact]
    public void F3_ProxyAndPoliciesOnIptables_ComeUpInTheUsualChainsAndLeaveNothing()
    {
        var up = ClusterFixture.Make("up", "PROXY=iptables", "NETPOLICY=iptables", "NODES=2");
        Assert.Contains("answered from 3 of 3 replicas", up.Error + up.Ok());
        foreach (var node in (string[])["node1", "node2"])
        {
            var rules = ClusterFixture.OnNode(node, "iptables-save").Ok();
            Assert.Matches("""-A KUBE-SERVICES -d 10\.96\.\d+\.\d+/32 -p tcp -m comment --comment "default/echo:?\S* cluster IP" -m tcp --dport 80 -j KUBE-SVC-[A-Z2-7]{16}""", rules);
            Assert.Matches("""-A KUBE-NODEPORTS -p tcp -m comment --comment "?default/echo-nodeport\S* -m tcp --dport 30080 -j KUBE-EXT-[A-Z2-7]{16}""", rules);
            Assert.Equal("iptables", ClusterFixture.OnNode(node, "curl", "-s", "http://127.0.0.1:10249/proxyMode").Ok());
            Assert.DoesNotContain("podwire", ClusterFixture.OnNode(node, "nft", "list", "tables").Ok());
            Assert.StartsWith("pod echo-", ClusterFixture.OnNode(node, "curl", "-s", "http://127.0.0.1:30080/").Ok());
            Assert.Contains("-A FORWARD -m comment --comment \"podwire network policies\" -j KUBE-NWPLCY\n", rules);
        }

        var pod = ClusterFixture.Kubectl("get", "pods", "-l", "app=echo", "--field-selector=spec.nodeName=node2", "-o", "jsonpath={.items[0].status.podIP}").Ok();
        string[] ask = ["curl", "-s", "-o", "/dev/null", "-m", "2", $"http://{pod}:8080/"];
        Eventually.Holds(() => Assert.Equal(0, ClusterFixture.OnNode("node1", ask).ExitCode));
        ClusterFixture.KubectlWith("{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"nobody\"},\"spec\":{\"podSelector\":{}}}", "apply", "-f", "-").Ok();
        Eventually.Holds(() => Assert.Equal(TimedOut, ClusterFixture.OnNode("node1", ask).ExitCode));
        Assert.Equal(0, ClusterFixture.OnNode("node2", ask).ExitCode);
        ClusterFixture.Make("down").Ok();
        Eventually.Holds(() => Assert.Equal(cluster.Before, Machine.Look()));
    }

    [Fact]
    public void F2_Up_InterruptedOrIncomplete_TakesBackWhatItMade()
    {
        var output = Directory.CreateTempSubdirectory("podwire-e2e-").FullName;
        var folder = Path.Combine(output, "cluster");
        try
        {
            Directory.CreateDirectory(Path.Combine(output, "bin"));
            Directory.CreateSymbolicLink(Path.Combine(output, "cni"), Path.Combine(Repository.Root, "out/cni"));
            foreach (var program in Directory.GetFiles(Path.Combine(Repository.Root, "out/bin")).Where(file => !file.EndsWith("kubelet", StringComparison.Ordinal)))
            {
                File.CreateSymbolicLink(Path.Combine(output, "bin", Path.GetFileName(program)), program);
            }

            var environment = new Dictionary<string, string> { ["PODWIRE_OUT"] = output, ["PODWIRE_CLUSTER"] = folder };
            var podwire = Path.Combine(Repository.Root, "out/bin/podwire");
            var missing = Command.Run(podwire, ["up"], environment);
            Assert.Equal(1, missing.ExitCode);
            Assert.Contains("podwire-kubelet is missing: run 'make build'", missing.Error);
            Assert.False(Directory.Exists(folder));

            // Nodes whose kubelet ends at once are never Ready: the run waits for them until it is interrupted.
            File.CreateSymbolicLink(Path.Combine(output, "bin/podwire-kubelet"), "/bin/false");
            var interrupted = Command.Run("timeout", ["--signal=INT", "5", podwire, "up", "--api-port", "16443"], environment);
            Assert.NotEqual(0, interrupted.ExitCode);
            Assert.Contains("0 of 3", interrupted.Error);
            Assert.Contains("podwire: interrupted", interrupted.Error);
            Assert.False(Directory.Exists(folder));
            Assert.Contains("podwire-kubelet ended with 1", File.ReadAllText(folder + "-failed/node1/init.log"));
            Eventually.Holds(() => Assert.Equal(cluster.Before, Machine.Look()));
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
    }
}
