using System.Text.RegularExpressions;

namespace Podwire.EndToEnd.Tests;

/// <summary>The life of one cluster, in the order of the steps' names: A up, B looked at, C worked with, D harmed, E down; then F, runs that go otherwise.</summary>
[TestCaseOrderer(typeof(StepOrderer))]
public sealed partial class ClusterTests(ClusterFixture cluster) : IClassFixture<ClusterFixture>
{
    private static string[] Nodes { get; } = ["node1", "node2", "node3"];

    [Fact]
    public void A1_MakeUp_ShowsTheServiceFromEveryNodeAndTheKubeconfig()
    {
        var output = cluster.Up.Ok();
        Assert.Contains($"export KUBECONFIG={ClusterFixture.KubeConfig}", output);
        foreach (var node in Nodes)
        {
            Assert.Matches($@"{node} +Ready +10\.89\.0\.1\d +10\.244\.\d+\.0/24", output);
            Assert.Matches($@"ok from pod echo-\S+ on {node} \(ClusterIP 10\.96\.\d+\.\d+ and NodePort 30080 answered from 3 of 3 replicas\)", cluster.Up.Error);
        }
    }

    [Fact]
    public void A2_MakeUp_AgainHarmsNothing()
    {
        var before = PodUids();
        var again = ClusterFixture.Make("up");
        Assert.Contains("answered from 3 of 3 replicas", again.Error + again.Ok());
        Assert.Equal(before, PodUids());
    }

    [Fact]
    public void A3_Up_PortInUseOrNotRoot_IsOneLineAndNothingIsMade()
    {
        var elsewhere = new Dictionary<string, string> { ["PODWIRE_CLUSTER"] = ClusterFixture.Folder + "-second" };
        var podwire = Path.Combine(Repository.Root, "out/bin/podwire");
        var busy = Command.Run(podwire, ["up", "--no-sample", "--api-port", "16443"], elsewhere);
        if (busy.ExitCode == 0)
        {
            // It must not come up; where it did, it must not outlive the test.
            Command.Run(podwire, ["down"], elsewhere);
        }

        Assert.Equal(1, busy.ExitCode);
        Assert.Contains("podwire: 127.0.0.1:16443 cannot be had for the API server", busy.Error);
        Assert.False(Directory.Exists(ClusterFixture.Folder + "-second"));

        var wrong = Command.Run(podwire, ["up", "--network", "weave"], elsewhere);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("--network takes flannel-vxlan or", wrong.Error);

        var nobody = Command.Run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", podwire, "up"], elsewhere);
        Assert.NotEqual(0, nobody.ExitCode);
        Assert.Contains("needs root", nobody.Error);
    }

    [Fact]
    public void B1_Kubectl_SeesReadyNodes()
    {
        var nodes = ClusterFixture.Kubectl("get", "nodes", "-o", "wide").Ok();
        Assert.All(Nodes, node => Assert.Matches($@"{node} +Ready", nodes));
        var described = ClusterFixture.Kubectl("describe", "node", "node1").Ok();
        Assert.Contains("PodCIDR:", described);
        Assert.Contains("KubeletReady", described);
    }

    [Fact]
    public void B2_Kubectl_SeesPodsLogsAndEvents()
    {
        var pods = ClusterFixture.Kubectl("get", "pods", "-o", "wide").Ok();
        Assert.Equal(3, RunningEcho().Count(pods));
        var pod = EchoPods()[0];
        Assert.Contains($"listening on port 8080 as pod {pod}", ClusterFixture.Kubectl("logs", pod).Ok());
        var described = ClusterFixture.Kubectl("describe", "pod", pod).Ok();
        Assert.Contains("Scheduled", described);
        Assert.Contains("Started", described);
        Assert.Contains("NAME", ClusterFixture.Kubectl("get", "deployments,replicasets,services,endpointslices,configmaps,events,leases", "-A").Ok());
    }

    [Fact]
    public void B3_Pods_ReachEachOtherAcrossNodes()
    {
        var addresses = ClusterFixture.Kubectl("get", "pods", "-l", "app=echo", "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.podIP}{\"\\n\"}{end}").Ok()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToArray();
        foreach (var from in addresses)
        {
            foreach (var to in addresses)
            {
                var answer = ClusterFixture.InPod(from[0], "curl", "-s", "-m", "5", $"http://{to[1]}:8080/").Ok();
                Assert.StartsWith($"pod {to[0]} ", answer);
                // The pod network is routed, not masqueraded: the server sees the client's own address.
                Assert.Contains($"client {from[1]}", answer);
            }
        }
    }

    [Fact]
    public void B4_NodePort_AnswersOnEveryNodeFromEveryNode()
    {
        foreach (var from in Nodes)
        {
            foreach (var to in new[] { "10.89.0.11", "10.89.0.12", "10.89.0.13" })
            {
                Assert.StartsWith("pod echo-", ClusterFixture.OnNode(from, "curl", "-s", "-m", "5", $"http://{to}:30080/").Ok());
            }
        }

        Assert.StartsWith("pod echo-", ClusterFixture.OnNode("control", "curl", "-s", "-m", "5", "http://10.89.0.11:30080/").Ok());
    }

    [Fact]
    public void B5_Exec_PassesExitCodesAndNamesWhatIsMissing()
    {
        Assert.Equal(7, ClusterFixture.OnNode("node1", "sh", "-c", "exit 7").ExitCode);
        Assert.Equal("node2\n", ClusterFixture.OnNode("node2", "hostname").Ok());
        Assert.Equal(127, ClusterFixture.OnNode("node1", "no-such-command").ExitCode);
        var nowhere = ClusterFixture.Podwire("exec", "node/node9", "--", "true");
        Assert.Equal(126, nowhere.ExitCode);
        Assert.Contains("there is no node 'node9'", nowhere.Error);
        Assert.Equal(126, ClusterFixture.InPod("no-such-pod", "true").ExitCode);
    }

    [Fact]
    public void C1_Scale_ChangesTheEndpoints()
    {
        ClusterFixture.Kubectl("scale", "deployment/echo", "--replicas=5").Ok();
        ClusterFixture.Kubectl("rollout", "status", "deployment/echo", "--timeout=60s").Ok();
        Eventually.Holds(() => Assert.Equal(5, Answering("echo").Count));
        ClusterFixture.Kubectl("scale", "deployment/echo", "--replicas=3").Ok();
        Eventually.Holds(() => Assert.Equal(3, EchoPods().Count));
        Eventually.Holds(() => Assert.Equal(EchoPods().ToHashSet(), Answering("echo")));
    }

    [Fact]
    public void C2_Hairpin_APodReachesItselfThroughItsService()
    {
        var pod = EchoPods()[0];
        ClusterFixture.Kubectl("label", "pod", pod, "only=this", "--overwrite").Ok();
        ClusterFixture.KubectlWith(Service("hairpin", "only: this"), "apply", "-f", "-").Ok();
        var address = ClusterIP("hairpin");
        Eventually.Holds(() => Assert.StartsWith($"pod {pod} ", ClusterFixture.InPod(pod, "curl", "-s", "-m", "3", $"http://{address}/").Output));
        ClusterFixture.Kubectl("delete", "service", "hairpin").Ok();
    }

    [Fact]
    public void C3_ServiceWithoutEndpoints_RefusesAtOnceAndRecovers()
    {
        ClusterFixture.KubectlWith(Service("empty", "app: nothing"), "apply", "-f", "-").Ok();
        var address = ClusterIP("empty");
        // curl(1): 7 is «failed to connect», which a refusal is and a time-out (28) is not.
        Eventually.Holds(() => Assert.Equal(7, ClusterFixture.OnNode("node1", "curl", "-s", "-m", "5", $"http://{address}/").ExitCode));
        ClusterFixture.Kubectl("patch", "service", "empty", "-p", "{\"spec\":{\"selector\":{\"app\":\"echo\"}}}").Ok();
        Eventually.Holds(() => Assert.StartsWith("pod echo-", ClusterFixture.OnNode("node1", "curl", "-s", "-m", "5", $"http://{address}/").Output));
        ClusterFixture.Kubectl("delete", "service", "empty").Ok();
    }

    [Fact]
    public void C4_Apply_ThenChange_ThenDelete()
    {
        var manifest = Pod("sleeper", "sleep 1000");
        Assert.Contains("created", ClusterFixture.KubectlWith(manifest, "apply", "-f", "-").Ok());
        ClusterFixture.Kubectl("wait", "--for=condition=Ready", "pod/sleeper", "--timeout=60s").Ok();
        Assert.Contains("unchanged", ClusterFixture.KubectlWith(manifest, "apply", "-f", "-").Ok());
        Assert.Contains("configured", ClusterFixture.KubectlWith(manifest.Replace("labels: {", "labels: { tier: test,"), "apply", "-f", "-").Ok());
        Assert.Contains("sleeper", ClusterFixture.Kubectl("get", "pods", "-l", "tier=test").Ok());
        ClusterFixture.Kubectl("delete", "pod", "sleeper", "--timeout=60s").Ok();
        Assert.Contains("NotFound", ClusterFixture.Kubectl("get", "pod", "sleeper").Error);
    }

    [Fact]
    public void C5_OtherImage_IsErrImagePull()
    {
        ClusterFixture.KubectlWith(Pod("elsewhere", "true").Replace("image: host", "image: nginx:1.27"), "apply", "-f", "-").Ok();
        Eventually.Holds(() => Assert.Matches("ErrImagePull|ImagePullBackOff", ClusterFixture.Kubectl("get", "pod", "elsewhere").Ok()));
        ClusterFixture.Kubectl("delete", "pod", "elsewhere", "--timeout=60s").Ok();
    }

    [Fact]
    public void C6_RestartPolicy_IsFollowed()
    {
        ClusterFixture.KubectlWith(Pod("once", "echo done; exit 3"), "apply", "-f", "-").Ok();
        Eventually.Holds(() => Assert.Equal("Failed 3", ClusterFixture.Kubectl("get", "pod", "once", "-o", "jsonpath={.status.phase} {.status.containerStatuses[0].state.terminated.exitCode}").Ok()));
        Assert.Equal("done\n", ClusterFixture.Kubectl("logs", "once").Ok());
        ClusterFixture.Kubectl("delete", "pod", "once", "--timeout=60s").Ok();
        ClusterFixture.KubectlWith(Pod("again", "exit 1").Replace("Never", "Always"), "apply", "-f", "-").Ok();
        Eventually.Holds(() => Assert.Matches("CrashLoopBackOff", ClusterFixture.Kubectl("get", "pod", "again").Ok()));
        ClusterFixture.Kubectl("delete", "pod", "again", "--timeout=60s").Ok();
    }

    [Theory]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"bad\"},\"spec\":{\"containers\":[]}}", "spec.containers")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"Bad_Name\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"host\"}]}}", "metadata.name")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"bad\"},\"spec\":{\"clusterIP\":\"10.96.0.1\",\"ports\":[{\"port\":1}]}}", "10.96.0.1")]
    [InlineData("{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"bad\"},\"spec\":{\"portz\":[{\"port\":1}]}}", "portz")]
    public void C7_BadObject_IsRefusedByNameAndNotStored(string manifest, string names)
    {
        var result = ClusterFixture.KubectlWith(manifest, "create", "-f", "-");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(names, result.Error);
        Assert.Contains("NotFound", ClusterFixture.Kubectl("get", "pod,service", "bad").Error);
    }

    private static SortedSet<string> PodUids() =>
        [.. ClusterFixture.Kubectl("get", "pods", "-l", "app=echo", "-o", "jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount}{\"\\n\"}{end}").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static List<string> EchoPods() =>
        [.. ClusterFixture.Kubectl("get", "pods", "-l", "app=echo", "--field-selector=status.phase=Running", "-o", "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static string ClusterIP(string service) => ClusterFixture.Kubectl("get", "service", service, "-o", "jsonpath={.spec.clusterIP}").Ok();

    /// <summary>The pods that answer 60 requests to a service from a node.</summary>
    private static HashSet<string> Answering(string service) =>
        [.. ClusterFixture.OnNode("node2", "sh", "-c", $"for i in $(seq 60); do curl -s -m 3 http://{ClusterIP(service)}/; done").Ok()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1])];

    private static string Service(string name, string selector) => $$"""
        apiVersion: v1
        kind: Service
        metadata: { name: {{name}} }
        spec:
          selector: { {{selector}} }
          ports: [ { port: 80, targetPort: 8080 } ]
        """;

    private static string Pod(string name, string script) => $$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          labels: { name: {{name}} }
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: host
              command: ["sh", "-c", "{{script}}"]
        """;

    [GeneratedRegex(@"echo-\S+ +1/1 +Running")]
    private static partial Regex RunningEcho();
}
