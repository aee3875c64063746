using System.Text.Json;

namespace Podwire.EndToEnd.Tests;

/// <summary>Steps D and E: daemons are killed, then the cluster ends.</summary>
public sealed partial class ClusterTests
{
    [Theory]
    [InlineData("control", "podwire-apiserver")]
    [InlineData("node1", "podwire-kubelet")]
    [InlineData("node1", "podwire-flannel")]
    [InlineData("node1", "podwire-proxy")]
    [InlineData("node1", "podwire-netpolicy")]
    public void D1_KilledDaemon_TrafficGoesOnAndItConverges(string node, string daemon)
    {
        var before = PodUids();
        var address = ClusterIP("echo");
        // One connection stays open through the service over the whole time; others are made anew all along.
        using var traffic = new Traffic(address);
        var killed = PidOf(node, daemon);
        ClusterFixture.OnNode(node, "sh", "-c", $"kill -9 {killed}").Ok();
        Eventually.Holds(() => Assert.DoesNotContain(PidOf(node, daemon), new[] { 0, killed }));
        Eventually.Holds(() => Assert.Equal(0, ClusterFixture.Podwire("status").ExitCode));
        Eventually.Holds(() => Assert.Equal(before, PodUids()));
        // What comes after the restart is seen: a new pod gets an address and answers.
        ClusterFixture.Kubectl("scale", "deployment/echo", "--replicas=4").Ok();
        ClusterFixture.Kubectl("rollout", "status", "deployment/echo", "--timeout=60s").Ok();
        Eventually.Holds(() => Assert.Equal(4, Answering("echo").Count));
        var (answers, failures) = traffic.Stop();
        Assert.True(answers > 10, $"{answers} answers");
        Assert.Empty(failures);
        ClusterFixture.Kubectl("scale", "deployment/echo", "--replicas=3").Ok();
        Eventually.Holds(() => Assert.Equal(3, EchoPods().Count));
    }

    /// <summary>The daemon itself, 0 while it waits to be started: by its name one would find the kubelet's shims too, which are the containers' own.</summary>
    private static int PidOf(string node, string daemon)
    {
        using var services = JsonDocument.Parse(ClusterFixture.OnNode(node, "cat", "/run/podwire/services.json").Ok());
        return services.RootElement.EnumerateArray().Single(service => service.GetProperty("name").GetString() == daemon).GetProperty("pid").GetInt32();
    }

    [Fact]
    public void D2_DeletedRules_ComeBack()
    {
        var address = ClusterIP("echo");
        ClusterFixture.OnNode("node1", "nft", "flush", "ruleset").Ok();
        Eventually.Holds(() => Assert.StartsWith("pod echo-", ClusterFixture.OnNode("node1", "curl", "-s", "-m", "2", $"http://{address}/").Output));
    }

    [Fact]
    public void D3_KilledPodProcess_IsRestarted()
    {
        var pod = EchoPods()[0];
        ClusterFixture.InPod(pod, "sh", "-c", "kill -9 $(ss -ltnpH sport = :8080 | sed 's/.*pid=//;s/,.*//')").Ok();
        Eventually.Holds(() => Assert.Equal("1 true", ClusterFixture.Kubectl("get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}").Ok()));
    }

    [Fact]
    public void E1_Delete_RemovesThePodsFromTheNodes()
    {
        ClusterFixture.Kubectl("delete", "deployment", "echo", "--timeout=60s").Ok();
        Eventually.Holds(() => Assert.Contains("No resources found", ClusterFixture.Kubectl("get", "pods").Error));
        foreach (var node in Nodes)
        {
            Eventually.Holds(() => Assert.DoesNotContain("veth", ClusterFixture.OnNode(node, "ip", "-br", "link").Ok()));
            Assert.Equal(string.Empty, ClusterFixture.OnNode(node, "ip", "netns").Ok());
            Assert.Equal(string.Empty, ClusterFixture.OnNode(node, "sh", "-c", "ls /var/lib/cni/networks/cbr0 | grep '^[0-9]*\\.[0-9]*\\.' || true").Ok());
        }
    }

    [Fact]
    public void E2_MakeDown_LeavesNothing()
    {
        ClusterFixture.Make("down").Ok();
        Assert.False(Directory.Exists(ClusterFixture.Folder));
        // The kernel removes a network namespace in its own time after its last process.
        Eventually.Holds(() => Assert.Equal(cluster.Before, Machine.Look()));
        Assert.Contains("no cluster is up", ClusterFixture.Make("down").Error);
        Assert.Equal(3, ClusterFixture.Podwire("status").ExitCode);
    }

    /// <summary>A client on node1, where the daemons are killed, that asks the service every 50 ms over one connection and over new ones.</summary>
    private sealed class Traffic : IDisposable
    {
        private readonly string folder = Directory.CreateTempSubdirectory("podwire-e2e-").FullName;
        private readonly Task<CommandResult> client;

        public Traffic(string address)
        {
            // The kept connection is one socket of bash: a request every 50 ms, an empty answer or a write error ends it.
            var script = $$"""
                (
                  exec 3<>/dev/tcp/{{address}}/80 || exit 1
                  while [ ! -e {{folder}}/stop ]; do
                    printf 'HEAD / HTTP/1.1\r\nHost: echo\r\n\r\n' >&3 || exit 1
                    while IFS= read -t 5 -r line <&3 || exit 1; do [ "$line" = $'\r' ] && break; done
                    echo answered >> {{folder}}/kept
                    sleep 0.05
                  done
                ) 2>> {{folder}}/failed || echo "the kept connection ended" >> {{folder}}/failed &
                while [ ! -e {{folder}}/stop ]; do curl -sS -m 3 http://{{address}}/ >> {{folder}}/new 2>> {{folder}}/failed; sleep 0.05; done
                wait
                """;
            client = Task.Run(() => ClusterFixture.OnNode("node1", "bash", "-c", script));
            Eventually.Holds(() => Assert.True(File.Exists(folder + "/new") && new FileInfo(folder + "/new").Length > 0 && File.Exists(folder + "/kept")));
        }

        public (int Answers, string[] Failures) Stop()
        {
            File.WriteAllText(folder + "/stop", string.Empty);
            client.GetAwaiter().GetResult().Ok();
            return (Math.Min(File.ReadAllLines(folder + "/new").Length, File.ReadAllLines(folder + "/kept").Length), File.Exists(folder + "/failed") ? File.ReadAllLines(folder + "/failed") : []);
        }

        public void Dispose()
        {
            File.WriteAllText(folder + "/stop", string.Empty);
            client.Wait();
            Directory.Delete(folder, recursive: true);
        }
    }
}
