using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Nftables.Expressions;
using Podwire.Netlink.Packets;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Tests.Packets;

/// <summary>Packets that rules of a real kernel hand over, as copies and held.</summary>
public class PacketSourceTests
{
    private const ushort Number = 20567;

    [Fact]
    public void Log_OfADatagram_BringsItWholeAndLetsItGoOn()
    {
        using var node = new Scratch();
        node.Ip("link set lo up");
        using var nft = NftSocket.Open(node.Namespace);
        Table table = new()
        {
            Id = new(TableFamily.Ip, "t"),
            Chains = [Chain.Hooked("out", new BaseChain(ChainType.Filter, ChainHook.Output, 0), Rule.Of(Match.Protocol(IpProtocol.Udp), new Log(Number)))],
        };
        nft.Apply(RulesetDiff.Between(null, table));
        Assert.True(RulesetDiff.Between(nft.ReadTable(table.Id), table).IsEmpty);
        using var log = node.Namespace.Run(() => NfLogSocket.Open(Number));
        Assert.Equal(Errno.EPERM, Assert.Throws<NetlinkException>(() => node.Namespace.Run(() => NfLogSocket.Open(Number))).Errno);
        using var server = Udp(node);
        using var client = Udp(node);

        client.SendTo("hello"u8, server.LocalEndPoint!);

        Assert.True(server.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
        Assert.Equal("hello", Text(Assert.Single(Read(log))));
    }

    [Fact]
    public void Queue_OfADatagram_HoldsItUntilItIsAcceptedAndLetsItPassWhenNobodyReads()
    {
        using var node = new Scratch();
        node.Ip("link set lo up");
        Scratch.Run("ip", "netns", "exec", node.Name, "iptables", "-A", "OUTPUT", "-p", "udp", "-j", "NFQUEUE", "--queue-num", $"{Number}", "--queue-bypass");
        using var server = Udp(node);
        using var client = Udp(node);
        var buffer = new byte[16];
        using (var queue = node.Namespace.Run(() => NfQueueSocket.Open(Number)))
        {
            Assert.Throws<NetlinkException>(() => node.Namespace.Run(() => NfQueueSocket.Open(Number)));
            client.SendTo("one"u8, server.LocalEndPoint!);
            client.SendTo("two"u8, server.LocalEndPoint!);
            List<CapturedPacket> held = [];
            while (held.Count < 2)
            {
                Assert.True(queue.Wait(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
                queue.Read(held);
            }

            Assert.Equal(["one", "two"], held.Select(Text));
            Assert.False(server.Poll(0, SelectMode.SelectRead));
            queue.Accept(held[1].Id);
            Assert.True(server.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
            Assert.Equal("two", Encoding.ASCII.GetString(buffer, 0, server.Receive(buffer)));
            // One that is not there any more is refused, and that is no packet.
            queue.Accept(held[1].Id);
            queue.Accept(held[0].Id);
            Assert.Equal("one", Encoding.ASCII.GetString(buffer, 0, server.Receive(buffer)));
            held.Clear();
            Assert.True(queue.Read(held));
            Assert.Empty(held);
        }

        client.SendTo("three"u8, server.LocalEndPoint!);
        Assert.True(server.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void QueueExpression_WrittenAndRead_IsTheSame(bool isBypassed)
    {
        var writer = new NetlinkWriter(new byte[256]);
        QueueExpression.Write(ref writer, new(Number, isBypassed));
        var text = Convert.ToHexStringLower(writer.Written);
        // «queue», then the number, one queue, the flags: each a __be16 in an attribute of its own.
        Assert.Contains("717565756500", text);
        Assert.Contains($"0600010050570000060002000001000006000300000{(isBypassed ? 1 : 0)}0000", text);
    }

    private static Socket Udp(Scratch node) => node.Namespace.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    });

    private static List<CapturedPacket> Read(NfLogSocket log)
    {
        List<CapturedPacket> found = [];
        Assert.True(log.Wait(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.True(log.Read(found));
        return found;
    }

    /// <summary>What is behind 20 bytes of IPv4 header and 8 of UDP.</summary>
    private static string Text(CapturedPacket packet) => Encoding.ASCII.GetString(packet.Bytes.AsSpan(28));
}
