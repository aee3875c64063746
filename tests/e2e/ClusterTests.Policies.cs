namespace Podwire.EndToEnd.Tests;

/// <summary>Steps C, continued: policies that kubectl applies decide over real connections between pods.</summary>
public sealed partial class ClusterTests
{
    // curl(1): 28 is «timed out», which a dropped packet is and a refusal (7) is not.
    private const int TimedOut = 28;

    [Fact]
    public void C8_NetworkPolicy_ClosesAPodAndAdmitsWhoItNames()
    {
        ClusterFixture.KubectlWith(Pod("caller", "sleep 1000"), "apply", "-f", "-").Ok();
        ClusterFixture.Kubectl("wait", "--for=condition=Ready", "pod/caller", "--timeout=60s").Ok();
        foreach (var server in EchoPods())
        {
            Eventually.Holds(() => Assert.Equal(0, Ask("caller", server)));
        }

        ClusterFixture.KubectlWith(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: echo-for-friends }
            spec:
              podSelector: { matchLabels: { app: echo } }
              ingress:
                - from: [ { podSelector: { matchLabels: { friend: "yes" } } } ]
                  ports: [ { port: 8080 } ]
            """,
            "apply", "-f", "-").Ok();
        EachServer(TimedOut);
        Assert.Equal(TimedOut, ClusterFixture.InPod("caller", "curl", "-s", "-m", "2", $"http://{ClusterIP("echo")}/").ExitCode);
        ClusterFixture.Kubectl("label", "pod", "caller", "friend=yes").Ok();
        EachServer(0);
        Assert.Equal(0, ClusterFixture.InPod("caller", "curl", "-s", "-m", "2", $"http://{ClusterIP("echo")}/").ExitCode);
        ClusterFixture.Kubectl("label", "pod", "caller", "friend-").Ok();
        EachServer(TimedOut);
        ClusterFixture.Kubectl("delete", "networkpolicy", "echo-for-friends").Ok();
        EachServer(0);
    }

    [Fact]
    public void C9_ClusterNetworkPolicy_DecidesByPriorityAndABadOneIsRefused()
    {
        ClusterFixture.KubectlWith(ClusterPolicy("nobody", 20, "Deny"), "apply", "-f", "-").Ok();
        EachServer(TimedOut);
        ClusterFixture.KubectlWith(ClusterPolicy("caller-may", 10, "Accept"), "apply", "-f", "-").Ok();
        EachServer(0);
        Assert.Matches(@"caller-may +Admin +10", ClusterFixture.Kubectl("get", "clusternetworkpolicies").Ok());
        ClusterFixture.Kubectl("delete", "clusternetworkpolicy", "nobody", "caller-may").Ok();
        var refused = ClusterFixture.KubectlWith(ClusterPolicy("bad", 2000, "Drop"), "create", "-f", "-");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("spec.priority", refused.Error);
        Assert.Contains("spec.ingress[0].action", refused.Error);
        ClusterFixture.Kubectl("delete", "pod", "caller", "--timeout=60s").Ok();
    }

    private static void EachServer(int exitCode)
    {
        foreach (var server in EchoPods())
        {
            Eventually.Holds(() => Assert.Equal(exitCode, Ask("caller", server)));
        }
    }

    private static int Ask(string client, string server)
    {
        var address = ClusterFixture.Kubectl("get", "pod", server, "-o", "jsonpath={.status.podIP}").Ok();
        return ClusterFixture.InPod(client, "curl", "-s", "-o", "/dev/null", "-m", "2", $"http://{address}:8080/").ExitCode;
    }

    private static string ClusterPolicy(string name, int priority, string action) => $$"""
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: {{name}} }
        spec:
          tier: Admin
          priority: {{priority}}
          subject: { pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: echo } } } }
          ingress:
            - action: {{action}}
              from: [ { pods: { namespaceSelector: {}, podSelector: { matchLabels: { name: caller } } } } ]
        """;
}
