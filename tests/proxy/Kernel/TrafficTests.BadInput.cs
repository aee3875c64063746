using Podwire.Proxy.Config;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Objects that cannot be used, and an API server that is away: the rest is served, with an event that names the object.</summary>
public abstract partial class TrafficTests
{
    [Fact]
    public async Task BadEndpoints_AreLeftOutWithAnEvent_AndTheRestIsServed()
    {
        Publish("mixed", "10.96.1.15", "http/TCP/80", "http/TCP/8080", "127.0.0.1 10.244.0.2 fd44::9 169.254.1.1");
        await ReadyAsync("10.96.1.15", 80, "mixed:http");

        Assert.Equal(["p1"], await node.AskAllAsync("p2", "10.96.1.15", 80, "p1"));
        await TestNode.EventuallyAsync(() => Task.FromResult(node.Api.Events.Count(text => text.StartsWith("ProxySkipped mixed-IPv4", StringComparison.Ordinal)) == 3), "an event for each");
        Assert.Contains(node.Api.Events, text => text.StartsWith("ProxySkipped mixed-IPv4", StringComparison.Ordinal) && text.Contains("127.0.0.1", StringComparison.Ordinal));
        Assert.Contains(node.Api.Events, text => text.StartsWith("ProxySkipped mixed-IPv4", StringComparison.Ordinal) && text.Contains("fd44::9", StringComparison.Ordinal));
        Assert.Contains(node.Api.Events, text => text.StartsWith("ProxySkipped mixed-IPv4", StringComparison.Ordinal) && text.Contains("169.254.1.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BadPorts_OfServiceAndSlice_AreLeftOutWithAnEvent_AndTheRestIsServed()
    {
        Publish("nought", "10.96.7.1", "zero/TCP/0 http/TCP/80 high/TCP/81/70000 other/TCP/82", "http/TCP/8080 high/TCP/8080 other/TCP/0", "10.244.0.3");
        await ServedAsync("p1", "10.96.7.1", 80, "p2");
        await ServedAsync("p1", "10.96.7.1", 81, "p2");

        Assert.Null(await node.AskAsync("p1", "10.96.7.1", 82));
        await SkippedAsync("nought", "zero");
        await SkippedAsync("nought", "70000");
        await SkippedAsync("nought-IPv4", "other");
    }

    [Fact]
    public async Task DuplicateNodePort_OlderServiceHasIt_TheOtherOneIsTold_AndItsRestIsServed()
    {
        Publish("elder", "10.96.7.2", "http/TCP/80/30702", "http/TCP/8080", "10.244.0.2");
        await ServedAsync("client", "10.89.0.11", 30702, "p1");

        node.Api.Set(Services, "default", "younger", Service("younger", "10.96.7.3", "http/TCP/80/30702").Replace("2026-01-01", "2026-02-02", StringComparison.Ordinal));
        node.Api.Set(Slices, "default", "younger-IPv4", Slice("younger", "http/TCP/8080", "10.244.0.3"));
        await ServedAsync("p3", "10.96.7.3", 80, "p2");

        Assert.Equal(["p1"], await node.AskAllAsync("client", "10.89.0.11", 30702, "p1"));
        await SkippedAsync("younger", "default/elder");
        // The frontend passes on when the older one goes.
        node.Api.Delete(Services, "default", "elder");
        await ServedAsync("client", "10.89.0.11", 30702, "p2");
        node.Api.Delete(Services, "default", "younger");
    }

    [Fact]
    public async Task SourceRange_ThatCannotBeParsed_IsLeftOutWithAnEvent_AndNeverOpensTheDoor()
    {
        const string Ingress = """{"loadBalancer":{"ingress":[{"ip":"203.0.113.74"}]}}""";
        string Ranges(string list) => $",\"type\":\"LoadBalancer\",\"loadBalancerSourceRanges\":[{list}]";
        Publish("ranged", "10.96.7.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2", spec: Ranges("\"10.89.0.0/33\",\"10.89.0.99/32\""), status: Ingress);
        await ServedAsync("client", "203.0.113.74", 80, "p1");
        await SkippedAsync("ranged", "10.89.0.0/33");

        Publish("ranged", "10.96.7.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2", spec: Ranges("\"anybody\""), status: Ingress);
        await ServedAsync("client", "203.0.113.74", 80, null);
        await SkippedAsync("ranged", "anybody");
        Assert.StartsWith("p1", await node.AskAsync("p2", "10.96.7.4", 80));
    }

    [Fact]
    public async Task WrongFamily_OfAClusterIp_IsLeftOut_AndTheOtherFamilyIsServed()
    {
        Publish("halves", "10.96.7.5,fd96::zz,127.0.0.7", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await ServedAsync("p3", "10.96.7.5", 80, "p1");
        await SkippedAsync("halves", "fd96::zz");
        await SkippedAsync("halves", "127.0.0.7");
    }

    [Fact]
    public async Task ApiServer_AwayAndBack_DataPathStays_AndNothingIsLoadedAgain()
    {
        const string Full = "kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}";
        Publish("stays", "10.96.7.6", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        Publish("moves-on", "10.96.7.7", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await ServedAsync("p3", "10.96.7.6", 80, "p1");
        await ServedAsync("p3", "10.96.7.7", 80, "p1");
        var (lists, full) = (node.Api.Lists, await node.MetricAsync(Full));

        node.Api.IsAway = true;
        node.Api.Set(Slices, "default", "moves-on-IPv4", Slice("moves-on", "http/TCP/8080", "10.244.0.3"));
        Assert.StartsWith("p1", await node.AskAsync("p3", "10.96.7.6", 80));
        Assert.StartsWith("p1", await node.AskAsync("p3", "10.96.7.7", 80));
        node.Api.IsAway = false;

        await ServedAsync("p3", "10.96.7.7", 80, "p2");
        Assert.Equal(lists, node.Api.Lists);
        if (node.Mode != ProxyMode.Ipvs)
        {
            // Mode ipvs compares everything once per period; whatever it finds right it leaves alone.
            Assert.Equal(full, await node.MetricAsync(Full));
        }
    }

    private Task SkippedAsync(string name, string part) => TestNode.EventuallyAsync(
        () => Task.FromResult(node.Api.Events.Any(text => text.StartsWith($"ProxySkipped {name}: ", StringComparison.Ordinal) && text.Contains(part, StringComparison.Ordinal))), $"an event at {name} that names {part}");
}
