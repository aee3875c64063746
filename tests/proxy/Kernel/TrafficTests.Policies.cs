using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Which endpoints are chosen from.</summary>
public abstract partial class TrafficTests
{
    [Fact]
    public async Task ExternalPolicy_FlippedLive_ChangesWhatTheEndpointSees()
    {
        foreach (var (policy, seen) in ((string, string)[])[("Cluster", "10.244.0.1"), ("Local", "10.89.0.99"), ("Cluster", "10.244.0.1")])
        {
            Publish("flips", "10.96.6.1", "http/TCP/80/30601", "http/TCP/8080", "10.244.0.3", spec: $",\"externalTrafficPolicy\":\"{policy}\"");
            await TestNode.EventuallyAsync(async () => await node.AskAsync("client", "10.89.0.11", 30601, 500) == $"p2 {seen}", $"policy {policy}");
        }
    }

    [Fact]
    public async Task InternalPolicyLocal_ForPodsAndTheNode_KeepsToEndpointsOfThisNode()
    {
        const string Local = ",\"internalTrafficPolicy\":\"Local\"";
        Publish("inner", "10.96.6.2", "http/TCP/80", "http/TCP/8080", "10.244.0.3 10.244.0.4@node2", spec: Local);
        await ServedAsync("p1", "10.96.6.2", 80, "p2");
        for (var i = 0; i < 10; i++)
        {
            Assert.StartsWith("p2", await node.AskAsync(i % 2 == 0 ? "p1" : "node", "10.96.6.2", 80));
        }

        Publish("inner", "10.96.6.2", "http/TCP/80", "http/TCP/8080", "10.244.0.4@node2", spec: Local);
        await ServedAsync("p1", "10.96.6.2", 80, null);
        await ServedAsync("node", "10.96.6.2", 80, null);
        Publish("inner", "10.96.6.2", "http/TCP/80", "http/TCP/8080", "10.244.0.4@node2");
        await ServedAsync("node", "10.96.6.2", 80, "p3");
    }

    [Fact]
    public async Task Terminating_ServesOnlyWhereNoneIsReady_EachPolicyByItself()
    {
        const string Local = ",\"externalTrafficPolicy\":\"Local\"";
        // One is ready: the other, on its way out, has no new connections.
        Publish("leaving", "10.96.6.3", "http/TCP/80/30603", "http/TCP/8080", "10.244.0.2 10.244.0.3@node1@st", spec: Local);
        await ServedAsync("p3", "10.96.6.3", 80, "p1");
        for (var i = 0; i < 10; i++)
        {
            Assert.StartsWith("p1", await node.AskAsync("p3", "10.96.6.3", 80));
        }

        // None here is ready, one elsewhere is: from outside those that leave, from inside the ready one.
        Publish("leaving", "10.96.6.3", "http/TCP/80/30603", "http/TCP/8080", "10.244.0.2@node1@ 10.244.0.3@node1@st 10.244.0.4@node2", spec: Local);
        await ServedAsync("client", "10.89.0.11", 30603, "p2");
        if (!OneChoiceForAll)
        {
            await ServedAsync("p1", "10.96.6.3", 80, "p3");
            for (var i = 0; i < 10; i++)
            {
                Assert.StartsWith("p3", await node.AskAsync("p1", "10.96.6.3", 80));
            }
        }

        // None is ready anywhere: whoever serves yet.
        Publish("leaving", "10.96.6.3", "http/TCP/80/30603", "http/TCP/8080", "10.244.0.2@node1@ 10.244.0.3@node1@st 10.244.0.4@node2@t", spec: Local);
        await ServedAsync("p1", "10.96.6.3", 80, "p2");
        Publish("leaving", "10.96.6.3", "http/TCP/80/30603", "http/TCP/8080", "10.244.0.2@node1@ 10.244.0.3@node1@t", spec: Local);
        await ServedAsync("p1", "10.96.6.3", 80, null);
        Assert.Null(await node.AskAsync("p1", "10.96.6.3", 80));
    }

    [Fact]
    public async Task Hints_OfZonesAndNodes_KeepTrafficNear_UntilOneIsMissing()
    {
        // This node is in zone a.
        Publish("near", "10.96.6.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2@node1@rs@b 10.244.0.3@node1@rs@a");
        await ServedAsync("p3", "10.96.6.4", 80, "p2");
        for (var i = 0; i < 10; i++)
        {
            Assert.StartsWith("p2", await node.AskAsync(i % 2 == 0 ? "p3" : "node", "10.96.6.4", 80));
        }

        Publish("near", "10.96.6.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2@node1@rs@b 10.244.0.3@node1@rs");
        await TestNode.EventuallyAsync(async () => (await node.AskAsync("p3", "10.96.6.4", 80))?.StartsWith("p1", StringComparison.Ordinal) == true, "without all hints all endpoints");
        Publish("near", "10.96.6.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2@node1@rs@a@node2 10.244.0.3@node1@rs@a@node1");
        await TestNode.EventuallyAsync(
            async () =>
            {
                for (var i = 0; i < 8; i++)
                {
                    if ((await node.AskAsync("p3", "10.96.6.4", 80))?.StartsWith("p2", StringComparison.Ordinal) != true)
                    {
                        return false;
                    }
                }

                return true;
            },
            "the hint of this node alone counts");
    }

    [Fact]
    public async Task Affinity_AfterItsTimeOut_LetsTheClientGo()
    {
        const string Sticky = ",\"sessionAffinity\":\"ClientIP\",\"sessionAffinityConfig\":{\"clientIP\":{\"timeoutSeconds\":1}}";
        Publish("brief", "10.96.6.5,fd96::6:5", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.0.4", "fd44::2 fd44::3 fd44::4", Sticky);
        await ReadyAsync("10.96.6.5", 80, "brief:http");
        var first = await node.AskAsync("p1", "10.96.6.5", 80);
        Assert.Equal(first, await node.AskAsync("p1", "10.96.6.5", 80));

        await TestNode.EventuallyAsync(
            async () =>
            {
                // Longer than the time-out: nothing but its end can let the client go.
                await Task.Delay(1300, TestContext.Current.CancellationToken);
                return await node.AskAsync("p1", "10.96.6.5", 80) != first;
            },
            "another endpoint after the time-out");
    }
}
