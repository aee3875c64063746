using Podwire.Primitives;
using Podwire.Proxy.Config;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>What the endpoint sees of its client under every way to tell pods, and where node ports listen.</summary>
public sealed class MasqueradeTests(TestNode node) : IClassFixture<TestNode>
{
    private static readonly Dictionary<string, Func<ProxyOptions, ProxyOptions>> Ways = new()
    {
        ["ClusterCIDR"] = static options => options,
        ["NodeCIDR"] = static options => options with { ClusterCidrs = [], DetectLocal = DetectLocalMode.NodeCidr },
        ["BridgeInterface"] = static options => options with { ClusterCidrs = [], DetectLocal = DetectLocalMode.BridgeInterface, BridgeInterface = "cni0" },
        ["InterfaceNamePrefix"] = static options => options with { ClusterCidrs = [], DetectLocal = DetectLocalMode.InterfaceNamePrefix, InterfaceNamePrefix = "cni" },
        ["none"] = static options => options with { ClusterCidrs = [] },
        ["masqueradeAll"] = static options => options with { MasqueradeAll = true },
    };

    /// <summary>Mode, way, what the endpoint sees of a pod and of a client outside.</summary>
    public static TheoryData<string, string, string, string> Matrix()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var mode in (string[])["nftables", "iptables"])
        {
            foreach (var way in Ways.Keys)
            {
                data.Add(mode, way, way == "masqueradeAll" ? "10.244.0.1" : "10.244.0.2", way == "none" ? "10.89.0.99" : "10.244.0.1");
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task ClusterIp_UnderEveryDetectLocalMode_IsMasqueradedForWhoIsNoPod(string mode, string way, string pod, string outside)
    {
        await StartAsync(mode, Ways[way]);
        await SeenAsync("p1", pod);
        await SeenAsync("client", outside);
        // Unless it is masqueraded the node speaks from the address that its route to the cluster IP gave it.
        await SeenAsync("node", way == "none" ? "10.89.0.11" : "10.244.0.1");
        // The client of itself must not see itself, whatever the mode.
        await SeenAsync("p2", "10.244.0.1");
    }

    [Theory]
    [InlineData("nftables", "192.168.7.0/24", "192.168.7.1", "10.89.0.11")]
    [InlineData("nftables", "primary", "10.89.0.11", "192.168.7.1")]
    [InlineData("iptables", "192.168.7.0/24", "192.168.7.1", "10.89.0.11")]
    [InlineData("iptables", "primary", "10.89.0.11", "192.168.7.1")]
    public async Task NodePortAddresses_OnlyThoseNamed_HaveNodePorts(string mode, string addresses, string served, string refused)
    {
        await StartAsync(mode, options => options with { NodePorts = addresses == "primary" ? new(true, []) : new(false, [IpPrefix.Parse(addresses)]) });
        await TestNode.EventuallyAsync(async () => (await node.AskAsync("client", served, 30801, 500))?.StartsWith("p2", StringComparison.Ordinal) == true, $"{served} is served");

        // The rules of a mode before go only when those of this one stand.
        await TestNode.EventuallyAsync(async () => await node.AskAsync("client", refused, 30801) is null, $"{refused} is refused");
        Assert.StartsWith("p2", await node.AskAsync("client", served, 30801));
        Assert.StartsWith("p2", await node.AskAsync("node", served, 30801));
    }

    private Task SeenAsync(string from, string address) =>
        TestNode.EventuallyAsync(async () => await node.AskAsync(from, "10.96.8.1", 80, 500) == $"p2 {address}", $"{from} is seen as {address}");

    private async Task StartAsync(string mode, Func<ProxyOptions, ProxyOptions> with)
    {
        node.Api.Set(Services, "default", "seen", Service("seen", "10.96.8.1", "http/TCP/80/30801"));
        node.Api.Set(Slices, "default", "seen-IPv4", Slice("seen", "http/TCP/8080", "10.244.0.3"));
        if (node.HasProxy)
        {
            await node.StopProxyAsync();
        }

        await node.StartProxyAsync(mode: mode == "iptables" ? ProxyMode.Iptables : ProxyMode.Nftables, with: with);
    }
}
