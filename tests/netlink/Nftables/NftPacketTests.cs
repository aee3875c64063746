using System.Net;
using System.Net.Sockets;
using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.Tests;

namespace Podwire.Netlink.Tests.Nftables;

/// <summary>Real connections through the flat layout of the service proxy, in one namespace: what the rules say happens to a packet.</summary>
public class NftPacketTests
{
    private const string Vip = "10.96.0.2";

    [Theory]
    [InlineData(IpFamily.V4, "10.96.0.2", "127.0.0.{0}")]
    [InlineData(IpFamily.V6, "fd00:96::2", "fd00:244::{0}")]
    public void ClusterIp_ThreeEndpoints_AllGetConnectionsAndAreCounted(IpFamily family, string vip, string endpoint)
    {
        using var kernel = new NftScratch();
        Prepare(kernel);
        var listeners = Enumerable.Range(1, 3).Select(i => Listen(kernel, string.Format(endpoint, i))).ToArray();
        var table = Services(family, vip, [.. listeners.Select(l => (IPEndPoint)l.LocalEndpoint)]);
        kernel.Reach(table);
        var counts = new int[3];
        for (var i = 0; i < 60; i++)
        {
            using var client = Connect(kernel, vip, 80);
            counts[Array.FindIndex(listeners, static l => l.Server.Poll(0, SelectMode.SelectRead))]++;
            foreach (var listener in listeners.Where(static l => l.Server.Poll(0, SelectMode.SelectRead)))
            {
                listener.AcceptSocket().Dispose();
            }
        }

        Assert.All(counts, c => Assert.NotEqual(0, c));
        var ips = table.FindSet("service-ips")!;
        var counted = Assert.Single(kernel.Nft.ReadElements(table.Id, ips));

        // A nat chain sees the first packet of each connection.
        Assert.Equal(60ul, counted.Counter!.Value.Packets);
        Array.ForEach(listeners, static l => l.Dispose());
    }

    [Fact]
    public void ClusterIp_EndpointSwappedByOneElement_NewConnectionsGoToTheNewOne()
    {
        using var kernel = new NftScratch();
        Prepare(kernel);
        using var old = Listen(kernel, "127.0.0.1");
        using var next = Listen(kernel, "127.0.0.2");
        var table = Services(IpFamily.V4, Vip, [(IPEndPoint)old.LocalEndpoint]);
        kernel.Reach(table);
        using var before = Connect(kernel, Vip, 80);
        using var accepted = old.AcceptSocket();

        var endpoints = table.FindSet("service-endpoints")!;
        var moved = SetElement.Map(endpoints.Elements[0].Key, Data((IPEndPoint)next.LocalEndpoint));
        kernel.Nft.Apply(new NftBatch().ReplaceElement(table.Id, endpoints, moved));
        using var after = Connect(kernel, Vip, 80);
        using var second = next.AcceptSocket();

        // The established connection is not moved.
        before.Send([1]);
        Assert.Equal(1, accepted.Receive(new byte[8]));
    }

    [Fact]
    public void Reject_WithTcpReset_RefusesAtOnce()
    {
        using var kernel = new NftScratch();
        Prepare(kernel);
        var id = new TableId(TableFamily.Ip, "reject");
        kernel.Reach(new Table
        {
            Id = id,
            Chains =
            [
                Chain.Hooked("output", new BaseChain(ChainType.Filter, ChainHook.Output, 0),
                    Rule.Of(Match.Equal(Payload.IpDaddr, IpAddress.Parse(Vip)), Match.Protocol(IpProtocol.Tcp), new Counter(), Reject.TcpReset)),
            ],
        });
        var e = Assert.Throws<SocketException>(() => Connect(kernel, Vip, 80));
        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
        var counter = Assert.IsType<Counter>(kernel.Nft.ReadTable(id)!.Chains[0].Rules[0].Statements[2]);
        Assert.Equal(1ul, counter.Packets);
    }

    [Fact]
    public void Affinity_UpdatedSet_RemembersTheClient()
    {
        using var kernel = new NftScratch();
        Prepare(kernel);
        using var listener = Listen(kernel, "127.0.0.1");
        var id = new TableId(TableFamily.Ip, "affinity");
        var clients = new NftSet { Name = "clients", Key = [NftType.Ipv4Address], Flags = SetFlags.Dynamic | SetFlags.Timeout, Timeout = TimeSpan.FromHours(3), Size = 65535 };
        var table = new Table
        {
            Id = id,
            Sets = [clients],
            Chains =
            [
                Chain.Hooked("output", new BaseChain(ChainType.Nat, ChainHook.Output, ChainPriority.DstNat),
                    Rule.Of(
                        Match.Protocol(IpProtocol.Tcp),
                        Match.Equal(Payload.IpDaddr, IpAddress.Parse(Vip)),
                        new DynamicSet(DynamicSetOperation.Update, "clients", Payload.IpSaddr),
                        Nat.Dnat(IpAddress.Parse("127.0.0.1"), (ushort)((IPEndPoint)listener.LocalEndpoint).Port))),
            ],
        };
        kernel.Reach(table);
        using var client = Connect(kernel, Vip, 80);
        var remembered = Assert.Single(kernel.Nft.ReadElements(id, clients));
        Assert.Equal("127.0.0.1", NftText.WriteKey(clients, remembered.Key));
        Assert.True(RulesetDiff.Between(kernel.Nft.ReadTable(id), table).IsEmpty);
    }

    private static void Prepare(NftScratch kernel)
    {
        kernel.Node.Ip("link set lo up");
        kernel.Node.Ip("route add 10.96.0.0/16 dev lo src 127.0.0.1");
        for (var i = 1; i <= 3; i++)
        {
            kernel.Node.Ip($"addr add fd00:244::{i}/128 dev lo nodad");
        }

        kernel.Node.Ip("-6 route add fd00:96::/64 dev lo");
    }

    private static Table Services(IpFamily family, string vip, IPEndPoint[] endpoints)
    {
        var address = IpAddress.Parse(vip);
        var daddr = Payload.Daddr(family);
        var slots = endpoints.Select((e, i) => SetElement.Map(
            NftData.Of(address, IpProtocol.Tcp, NftScalar.Port(80), NftScalar.Integer((uint)i)), Data(e), "ns/svc:http"));
        return new Table
        {
            Id = new TableId(family == IpFamily.V4 ? TableFamily.Ip : TableFamily.Ip6, "podwire-proxy"),
            Sets =
            [
                new NftMap
                {
                    Name = "service-ips",
                    Key = [NftType.Address(family), NftType.InetProtocol, NftType.InetService],
                    Counters = true,
                    Elements = [SetElement.Map(NftData.Of(address, IpProtocol.Tcp, NftScalar.Port(80)), Verdict.Goto("vip"), "ns/svc:http")],
                },
                new NftMap
                {
                    Name = "service-endpoints",
                    Key = [KeyField.Of(daddr), KeyField.Of(Meta.L4proto), KeyField.Of(Payload.ThDport), KeyField.Of(new Numgen(1))],
                    Data = [KeyField.Of(daddr), KeyField.Of(Payload.ThDport)],
                    Elements = ValueList.From(slots),
                },
            ],
            Chains =
            [
                Chain.Regular("vip", Rule.Of(
                    new SetLookup(Meta.L4proto, SetReference.Set(NftType.InetProtocol, IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp)),
                    Nat.Dnat(family, new MapLookup(Concat.Of(daddr, Meta.L4proto, Payload.ThDport, new Numgen((uint)endpoints.Length)), "service-endpoints")))),
                Chain.Hooked("output", new BaseChain(ChainType.Nat, ChainHook.Output, ChainPriority.DstNat),
                    Rule.Of(new VerdictMapLookup(Concat.Of(daddr, Meta.L4proto, Payload.ThDport), "service-ips"))),
            ],
        };
    }

    private static NftData Data(IPEndPoint endpoint) => NftData.Of(IpAddress.FromIPAddress(endpoint.Address), NftScalar.Port((ushort)endpoint.Port));

    private static TcpListener Listen(NftScratch kernel, string address) => kernel.Node.Namespace.Run(() =>
    {
        var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        return listener;
    });

    private static Socket Connect(NftScratch kernel, string address, int port) => kernel.Node.Namespace.Run(() =>
    {
        var target = IPAddress.Parse(address);
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(target, port);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    });
}
