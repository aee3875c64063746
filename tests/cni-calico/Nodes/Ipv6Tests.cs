using System.Net;
using System.Net.Sockets;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>IPv6 over the routed network: /128 routes, a link-local next hop, and the node's own address to the outside where the pool asks for it.</summary>
public class Ipv6Tests
{
    [Fact]
    public async Task DualStackPods_ReachEachOtherByIpv6_AndTheOutsideAsTheirNode()
    {
        await using var network = await CalicoNetwork.StartAsync(2, v6: true);
        CalicoNetwork.Run("ip", ["-n", $"{network.Prefix}-u", "addr", "add", "fd00:89::1/64", "dev", "underlay", "nodad"]);
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        await network.Api.PoolAsync("v6", "fd00:244::/64", static spec => spec.NatOutgoing = true);
        await network.StartNodesAsync();
        var node = network[1];
        var (one, near, far) = ((await node.PodAsync("one")).Attach(), (await node.PodAsync("near")).Attach(), (await network[2].PodAsync("far")).Attach());
        var alone = (await network[2].PodAsync("alone")).Attach(static conf => conf["ipam"]!["assign_ipv4"] = "false");
        Assert.True(alone.Address.IsV6);
        Assert.Equal(2, one.Result["ips"]!.AsArray().Count);
        foreach (var (from, to) in ((CalicoPod, CalicoPod)[])[(one.ByV6, far.ByV6), (far.ByV6, one.ByV6), (one.ByV6, near.ByV6), (one.ByV6, alone), (alone, near.ByV6), (one, far)])
        {
            await CalicoNetwork.AssertReachesAsync(from, to);
        }

        // The wiring: single addresses, the node's link-local address as the pods' next hop, blocks of 64.
        var name = (string)one.Result["interfaces"]![0]!["name"]!;
        var (mine, theirs) = (one.ByV6.Address, far.ByV6.Address);
        Assert.Contains($"{mine} dev {name}", node.Ip("-6 route"), StringComparison.Ordinal);
        Assert.Contains($"blackhole {new IpPrefix(mine, 122).Masked} dev lo proto 81", node.Ip("-6 route"), StringComparison.Ordinal);
        Assert.Contains($"{new IpPrefix(theirs, 122).Masked} via fd00:89::12 dev eth0 proto 80", node.Ip("-6 route"), StringComparison.Ordinal);
        Assert.Contains("inet6 fe80::ecee:eeff:feee:eeee/64", node.Ip($"-6 addr show {name}"), StringComparison.Ordinal);
        var inside = one.Namespace.Path["/run/netns/".Length..];
        Assert.Contains($"inet6 {mine}/128", CalicoNetwork.Run("ip", ["-n", inside, "-6", "addr", "show", "eth0"]), StringComparison.Ordinal);
        Assert.Contains("default via fe80::ecee:eeff:feee:eeee dev eth0", CalicoNetwork.Run("ip", ["-n", inside, "-6", "route"]), StringComparison.Ordinal);
        Assert.Equal(0, node.Call("CHECK", one, one.Result).Code);

        // To the outside as the node; not so once the pool does not ask for it, when the outside needs a route back.
        Assert.Equal("fd00:89::11", SeenOutside(network, one).ToString());
        CalicoNetwork.Run("ip", ["-n", $"{network.Prefix}-u", "-6", "route", "add", $"{mine}/128", "via", "fd00:89::11"]);
        var pool = await network.Api.Client.GetAsync(CalicoResources.IpPools, null, "v6", TestApi.Cancel);
        pool.Spec.NatOutgoing = false;
        await network.Api.Client.UpdateAsync(CalicoResources.IpPools, pool, TestApi.Cancel);
        await CalicoNetwork.UntilAsync("the rules are gone", () => node.Nft("list tables").Contains("ip6 podwire-calico", StringComparison.Ordinal) ? node.Log : null);
        Assert.Equal(mine.ToIPAddress(), SeenOutside(network, one));

        // What goes, goes in both families.
        Assert.Equal(0, node.Call("DEL", one).Code);
        Assert.DoesNotContain($"{mine} ", node.Ip("-6 route"), StringComparison.Ordinal);
        Assert.DoesNotContain(await network.Api.HandlesAsync(), handle => handle.Spec.HandleID == one.Handle);
    }

    private static IPAddress SeenOutside(CalicoNetwork network, CalicoPod from)
    {
        using var underlay = NetNamespace.Open($"/run/netns/{network.Prefix}-u");
        using var outside = underlay.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5000 };
            socket.Bind(new IPEndPoint(IPAddress.Parse("fd00:89::1"), 0));
            socket.Listen();
            return socket;
        });
        using var client = from.Namespace.Run(static () => new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp));
        Assert.True(client.ConnectAsync(outside.LocalEndPoint!).Wait(5000), "no connection to the outside");
        using var accepted = outside.Accept();
        return ((IPEndPoint)accepted.RemoteEndPoint!).Address;
    }
}
