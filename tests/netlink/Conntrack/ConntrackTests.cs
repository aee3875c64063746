using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Conntrack;
using Podwire.Netlink.Tests.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Tests.Conntrack;

public class ConntrackTests
{
    private static readonly IpAddress Vip = IpAddress.Parse("10.96.0.10");

    /// <summary>A UDP flow to a Service's address goes on to a dead endpoint until its entry is deleted.</summary>
    [Fact]
    public void DeleteWhere_FlowToADeadEndpoint_MovesTheClientOn()
    {
        using var kernel = new NftScratch();
        kernel.Node.Ip("link set lo up");
        kernel.Node.Ip("route add 10.96.0.0/16 dev lo");
        kernel.Reach(Dnat("127.0.0.2"));
        using var first = Bind(kernel, "127.0.0.2");
        using var second = Bind(kernel, "127.0.0.3");
        using var client = kernel.Node.Namespace.Run(() => new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)));
        using var conntrack = ConntrackSocket.Open(kernel.Node.Namespace);

        Send(client);
        Assert.True(first.Client.Poll(2_000_000, SelectMode.SelectRead));
        var filter = new ConntrackFilter(IpFamily.V4, IpProtocol.Udp, Vip, 53);
        var flow = Assert.Single(conntrack.List(filter));
        Assert.Equal(Vip, flow.Original.Destination);
        Assert.Equal(53, flow.Original.DestinationPort);
        Assert.Equal(IpAddress.Parse("127.0.0.2"), flow.Reply.Source);
        Assert.True(flow.Status.HasFlag(CtStatus.Dnat));
        Assert.Empty(conntrack.List(filter with { DestinationPort = 54 }));
        Assert.Empty(conntrack.List(filter with { Destination = IpAddress.Parse("10.96.0.11") }));
        Assert.Empty(conntrack.List(new ConntrackFilter(IpFamily.V4, IpProtocol.Tcp)));

        kernel.Reach(Dnat("127.0.0.3"));
        Send(client);
        Assert.False(second.Client.Poll(100_000, SelectMode.SelectRead));
        Assert.Equal(1, conntrack.DeleteWhere(filter, f => f.Reply.Source == IpAddress.Parse("127.0.0.2")));
        Send(client);
        Assert.True(second.Client.Poll(2_000_000, SelectMode.SelectRead));
    }

    [Fact]
    public void Delete_Twice_IsFalseTheSecondTime()
    {
        using var kernel = new NftScratch();
        kernel.Node.Ip("link set lo up");
        kernel.Reach(Dnat("127.0.0.2"));
        using var client = kernel.Node.Namespace.Run(() => new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)));
        using var conntrack = ConntrackSocket.Open(kernel.Node.Namespace);
        client.Send([1], "127.0.0.7", 700);
        client.Send([1], "127.0.0.8", 700);
        var flow = Assert.Single(conntrack.List(new ConntrackFilter(IpFamily.V4, IpProtocol.Udp, IpAddress.Parse("127.0.0.7"))));
        Assert.Equal(2u, conntrack.Count());
        Assert.True(conntrack.Delete(flow));
        Assert.Equal(1u, conntrack.Count());
        Assert.False(conntrack.Delete(flow));
        Assert.Equal(1, conntrack.Flush(IpFamily.V4, IpProtocol.Udp));
        Assert.Equal(0, conntrack.Flush(IpFamily.V4, IpProtocol.Udp));
        Assert.Equal(0, conntrack.Flush(IpFamily.V6, IpProtocol.Udp));
    }

    /// <summary>What conntrack(8) prints is what is read here, for every protocol that loopback makes.</summary>
    [Fact]
    public void List_AllOfAFamily_IsWhatConntrackPrints()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/conntrack"), "lacks: conntrack");
        using var kernel = new NftScratch();
        kernel.Node.Ip("link set lo up");
        kernel.Reach(Dnat("127.0.0.2"));
        using var client = kernel.Node.Namespace.Run(() => new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)));
        for (var i = 1; i <= 40; i++)
        {
            client.Send([1], $"127.0.1.{i}", 700);
        }

        // An echo request with identifier 1 and its checksum (RFC 792).
        using (var icmp = kernel.Node.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp)))
        {
            icmp.SendTo([8, 0, 0xf7, 0xfd, 0, 1, 0, 1], new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
        }

        using var conntrack = ConntrackSocket.Open(kernel.Node.Namespace);
        var flows = conntrack.List(new ConntrackFilter(IpFamily.V4));
        var printed = Scratch.Run("ip", "netns", "exec", kernel.Node.Name, "conntrack", "-L", "-f", "ipv4").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(printed.Length, flows.Count);
        foreach (var flow in flows)
        {
            var ports = flow.Original.Protocol == IpProtocol.Icmp
                ? $"type={flow.Original.DestinationPort >> 8} code={flow.Original.DestinationPort & 255} id={flow.Original.SourcePort}"
                : $"sport={flow.Original.SourcePort} dport={flow.Original.DestinationPort}";
            Assert.Single(printed, line => line.Contains($"src={flow.Original.Source} dst={flow.Original.Destination} {ports}"));
        }

        Assert.Contains(flows, f => f.Original.Protocol == IpProtocol.Icmp);
        Assert.All(flows, f => Assert.True(conntrack.Delete(f)));
        Assert.Empty(conntrack.List(new ConntrackFilter(IpFamily.V4)));
    }

    [Fact]
    public void List_PortWithoutProtocol_IsRefused()
    {
        using var kernel = new NftScratch();
        using var conntrack = ConntrackSocket.Open(kernel.Node.Namespace);
        Assert.Throws<ArgumentException>(() => conntrack.List(new ConntrackFilter(IpFamily.V4, DestinationPort: 1)));
        Assert.Throws<ArgumentException>(() => conntrack.List(new ConntrackFilter(IpFamily.V6, Destination: Vip)));
    }

    private static Table Dnat(string endpoint) => new()
    {
        Id = new TableId(TableFamily.Ip, "t"),
        Chains =
        [
            Chain.Hooked("output", new BaseChain(ChainType.Nat, ChainHook.Output, ChainPriority.DstNat), Rule.Of(
                Match.Protocol(IpProtocol.Udp),
                Match.Equal(Payload.IpDaddr, Vip),
                Nat.Dnat(IpAddress.Parse(endpoint), 5353))),
        ],
    };

    private static UdpClient Bind(NftScratch kernel, string address) =>
        kernel.Node.Namespace.Run(() => new UdpClient(new IPEndPoint(IPAddress.Parse(address), 5353)));

    private static void Send(UdpClient client) => client.Send([1], Vip.ToString(), 53);
}
