using Podwire.Netlink.Nftables;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Mode nftables.</summary>
public sealed class NftablesTrafficTests(TestNode node) : TrafficTests(node), IClassFixture<TestNode>
{
    private protected override bool RefusesUnusedPorts => true;

    [Fact]
    public async Task ForeignChange_IsUndone_WithAnEvent()
    {
        Publish("guarded", "10.96.1.11", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await ReadyAsync("10.96.1.11", 80, "guarded:http");

        using (var other = Node["node"].Run(NftSocket.Open))
        {
            other.Apply(new NftBatch().Add(new FlushSet(TableSchema.V4.Id, "service-endpoints")));
        }

        await ReadyAsync("10.96.1.11", 80, "guarded:http");
        await TestNode.EventuallyAsync(async () => await Node.AskAsync("p2", "10.96.1.11", 80, 500) is { } answer && answer.StartsWith("p1", StringComparison.Ordinal), "the flushed map is filled again");
        await TestNode.EventuallyAsync(() => Task.FromResult(Node.Api.Events.Any(text => text.StartsWith("ForeignChange", StringComparison.Ordinal))), "the event");

        using (var other = Node["node"].Run(NftSocket.Open))
        {
            other.Apply(new NftBatch().Add(new DeleteTable(TableSchema.V4.Id)));
        }

        await TestNode.EventuallyAsync(async () => await Node.AskAsync("p2", "10.96.1.11", 80, 500) is { } answer && answer.StartsWith("p1", StringComparison.Ordinal), "the deleted table is made again");
    }

    [Fact]
    public async Task Restart_WithACorrectTable_SendsNothing()
    {
        Publish("kept", "10.96.1.12,fd96::1:12", "http/TCP/80/30092 dns/UDP/53", "http/TCP/8080 dns/UDP/5353", "10.244.0.2 10.244.0.3 10.244.0.4", "fd44::2", spec: ",\"externalTrafficPolicy\":\"Local\"");
        Publish("kept-sticky", "10.96.1.13", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3", spec: ",\"sessionAffinity\":\"ClientIP\"");
        await ReadyAsync("10.96.1.12", 80, "kept:http");
        await ReadyAsync("10.96.1.13", 80, "kept-sticky:http");
        // Slots in an order that a first compilation would not choose.
        Publish("kept", "10.96.1.12,fd96::1:12", "http/TCP/80/30092 dns/UDP/53", "http/TCP/8080 dns/UDP/5353", "10.244.0.3 10.244.0.4", "fd44::2", spec: ",\"externalTrafficPolicy\":\"Local\"");
        await TestNode.EventuallyAsync(() => Task.FromResult(Node.ReadTable(TableSchema.V4.Id)!.FindSet("service-endpoints")!.Elements.Count(element => element.Comment == "default/kept:http") == 2), "two endpoints");
        _ = await Node.AskAsync("client", "10.96.1.13", 80);
        await Node.StopProxyAsync();
        var before = Node.Generation();

        await Node.StartProxyAsync();

        Assert.Equal(before, Node.Generation());
        Assert.Contains(await Node.AskAsync("p1", "10.96.1.12", 80), (string[])["p2 10.244.0.2", "p3 10.244.0.2"]);
    }

    [Fact]
    public async Task ListRuleset_OfTheNftProgram_ReloadsToTheSame()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/nft") || File.Exists("/sbin/nft"), "lacks: nft");
        Publish("listed", "10.96.1.14,fd96::1:14", "http/TCP/80/30094 dns/UDP/53", "http/TCP/8080 dns/UDP/5353", "10.244.0.2 10.244.0.3", "fd44::2", spec: ",\"externalTrafficPolicy\":\"Local\"");
        await ReadyAsync("10.96.1.14", 80, "listed:http");
        await ReadyAsync("fd96::1:14", 80, "listed:http");
        Publish("listed-sticky", "10.96.1.16", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3", spec: ",\"sessionAffinity\":\"ClientIP\"");
        Publish(
            "listed-guarded", "10.96.1.17", "http/TCP/80 x/SCTP/9", "http/TCP/8080 x/SCTP/9", "10.244.0.2", status: """{"loadBalancer":{"ingress":[{"ip":"203.0.113.17"}]}}""",
            spec: ",\"type\":\"LoadBalancer\",\"externalIPs\":[\"203.0.113.18\"],\"loadBalancerSourceRanges\":[\"198.51.100.0/24\",\"10.89.0.99/32\"]");
        Publish("listed-empty", "10.96.1.18", "http/TCP/80/30118", "http/TCP/8080", "");
        await ReadyAsync("10.96.1.16", 80, "listed-sticky:http");
        await ReadyAsync("203.0.113.17", 80, "listed-guarded:http");
        await TestNode.EventuallyAsync(() => Task.FromResult(Refuses("listed-empty:http")), "the refusal");

        var text = Node.Run("node", "nft -s list ruleset");
        Assert.Contains("comment \"default/listed:http\"", text);
        var again = Node.Run("p3", "nft -f - && nft -s list ruleset; nft flush ruleset", text);

        Assert.Equal(text, again);
    }

    private protected override bool Leads(string? address, ushort port, string name)
    {
        var schema = address?.Contains(':') == true ? TableSchema.V6 : TableSchema.V4;
        var map = address is null ? schema.ServiceNodePorts.Name : schema.ServiceIps.Name;
        return Node.ReadTable(schema.Id)?.FindSet(map)?.Elements.Any(element =>
            element.Comment == $"default/{name}"
            && (address is null || element.Key.Span.StartsWith(TestData.Ip(address).ToBytes()))
            && element.Key.Span[^4..^2].SequenceEqual((ReadOnlySpan<byte>)[(byte)(port >> 8), (byte)port])) == true;
    }

    private protected override bool Refuses(string name) =>
        Node.ReadTable(TableSchema.V4.Id)!.FindSet("no-endpoint-services")!.Elements.Any(element => element.Comment == $"default/{name}");
}
