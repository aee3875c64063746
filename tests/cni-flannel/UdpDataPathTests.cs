using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Podwire.CniFlannel.Agent.Udp;
using Podwire.CniFlannel.Agent.Udp.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

/// <summary>The udp back end's two directions, driven step by step on a real TUN device; the other node is a socket of this test.</summary>
public sealed class UdpDataPathTests : IDisposable
{
    private const string Device = "flannel0";
    private readonly NetNamespace? ns;
    private readonly string path = $"/run/netns/netlink-fl-{Guid.NewGuid().ToString("N")[..6]}-t";

    public UdpDataPathTests()
    {
        if (Environment.IsPrivilegedProcess)
        {
            ns = NetNamespace.Create(path);
        }
    }

    [Fact]
    public void BothDirections_AllocateNothing()
    {
        using var lab = Make();
        using var pod = lab.Socket("10.244.1.0", 0);
        var target = new IPEndPoint(IPAddress.Parse("10.244.2.2"), 9);
        var payload = new byte[1000];
        var packet = InnerUdp("10.244.2.2", "10.244.1.0", ((IPEndPoint)pod.LocalEndPoint!).Port, new byte[600]);
        Round(200);

        long allocated = 0;
        for (var i = 0; i < 20; i++)
        {
            Fill();
            var before = GC.GetAllocatedBytesForCurrentThread();
            lab.Outward.Step();
            lab.Inward.Step(wait: true);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            Drain();
        }

        Assert.Equal(0, allocated);
        Assert.True(lab.Outward.Counters.Packets >= 20 * 32 && lab.Inward.Counters.Packets >= 20 * 32);

        void Round(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                Fill();
                lab.Outward.Step();
                lab.Inward.Step(wait: true);
                Drain();
            }
        }

        void Fill()
        {
            for (var i = 0; i < 32; i++)
            {
                pod.SendTo(payload, target);
                lab.Peer.SendTo(packet, lab.Own);
            }
        }

        void Drain()
        {
            var buffer = new byte[70_000];
            foreach (var socket in new[] { pod, lab.Peer })
            {
                while (socket.Poll(0, SelectMode.SelectRead))
                {
                    socket.Receive(buffer);
                }
            }
        }
    }

    [Fact]
    public void Outward_EveryDatagramIsOneWholePacket_WithRightChecksums_InOrder()
    {
        using var lab = Make();
        using var pod = lab.Socket("10.244.1.0", 0);
        var random = new Random(7);
        var sent = new List<byte[]>();
        foreach (var length in new[] { 1, 100, 100, 100, 40, 1400, 1400, 3, 2000 })
        {
            var data = new byte[length];
            random.NextBytes(data);
            sent.Add(data);
            pod.SendTo(data, new IPEndPoint(IPAddress.Parse("10.244.2.2"), 9));
        }

        while (lab.Outward.Step())
        {
        }

        var buffer = new byte[70_000];
        foreach (var data in sent.Where(static data => data.Length < 1400 || data.Length == 1400))
        {
            var length = lab.Peer.Receive(buffer);
            Assert.Equal(28 + data.Length, length);
            Assert.Equal(0, Fold(buffer.AsSpan(0, 20)));
            Assert.Equal(0, FoldTransport(buffer.AsSpan(0, length)));
            Assert.Equal(data, buffer[28..length]);
            Assert.Equal(63, buffer[8]);
        }

        // 2000 bytes are two fragments at this MTU, each a packet of its own.
        Assert.Equal(2028 + 20, lab.Peer.Receive(buffer) + lab.Peer.Receive(buffer));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Inward_AnyBytes_DoNoHarm(int seed)
    {
        using var lab = Make();
        using var pod = lab.Socket("10.244.1.0", 0);
        var random = new Random(seed);
        var good = InnerUdp("10.244.2.2", "10.244.1.0", ((IPEndPoint)pod.LocalEndPoint!).Port, [1, 2, 3]);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = random.Next(3) == 0 ? new byte[random.Next(200)] : (byte[])good.Clone();
            if (random.Next(3) == 0)
            {
                random.NextBytes(bytes);
            }

            for (var flips = random.Next(4); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            lab.Peer.SendTo(bytes[..random.Next(bytes.Length + 1)], lab.Own);
            lab.Inward.Step(wait: false);
        }

        while (lab.Inward.Step(wait: false))
        {
        }

        var buffer = new byte[70_000];
        while (pod.Poll(0, SelectMode.SelectRead))
        {
            pod.Receive(buffer);
        }

        lab.Peer.SendTo(good, lab.Own);
        lab.Inward.Step(wait: true);
        Assert.Equal(3, pod.Receive(buffer));
        Assert.True(lab.Inward.Counters.Malformed > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public unsafe void Splitter_AnyHeader_StaysWithinThePacket(int seed)
    {
        using var lab = Make();
        using var batch = new SendBatch(lab.Tunnel, 8285, new ForwardCounters());
        using var buffer = new NativeBuffer<byte>(70_000);
        var random = new Random(seed);
        for (var i = 0; i < 3000; i++)
        {
            var length = random.Next(20, random.Next(2) == 0 ? 120 : 65_536);
            random.NextBytes(new Span<byte>(buffer.Start, length));
            buffer.Start[0] = (byte)(0x40 | random.Next(5, 16));
            buffer.Start[9] = random.Next(2) == 0 ? (byte)6 : (byte)17;
            BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(buffer.Start + 2, 2), (ushort)length);
            var header = new VirtioHeader
            {
                Flags = (byte)random.Next(4),
                GsoType = (byte)random.Next(7),
                GsoSize = (ushort)(random.Next(3) == 0 ? random.Next(65_536) : random.Next(1, 3000)),
                HeaderLength = (ushort)random.Next(65_536),
                ChecksumStart = (ushort)random.Next(65_536),
                ChecksumOffset = (ushort)random.Next(65_536),
            };
            if (!Ipv4Packet.TryRead(new Span<byte>(buffer.Start, length), out var packet, wholeLength: header.GsoType != 0))
            {
                continue;
            }

            var count = PacketSplitter.Count(header, packet);
            if (count > 0 && count <= SendBatch.Most && batch.HasRoom(count))
            {
                PacketSplitter.Split(header, buffer.Start, packet, 0x7F000002, batch);
            }

            batch.Flush();
            while (lab.Peer.Poll(0, SelectMode.SelectRead))
            {
                lab.Peer.Receive(new byte[70_000]);
            }
        }
    }

    [Fact]
    public void Outward_ToNobodyOrWithoutTimeToLive_IsAnsweredByIcmp()
    {
        using var lab = Make();
        using var icmp = ns!.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp) { ReceiveTimeout = 5000 });
        using var pod = lab.Socket("10.244.1.0", 0);
        pod.SendTo([1], new IPEndPoint(IPAddress.Parse("10.244.9.2"), 9));
        lab.Outward.Step();
        var buffer = new byte[200];
        Assert.Equal(20 + 8 + 28, icmp.Receive(buffer));
        Assert.Equal((3, 0), (buffer[20], buffer[21]));
        Assert.Equal(IPAddress.Parse("10.244.9.2"), new IPAddress(buffer.AsSpan(20 + 8 + 16, 4)));

        pod.Ttl = 1;
        pod.SendTo([1], new IPEndPoint(IPAddress.Parse("10.244.2.2"), 9));
        lab.Outward.Step();
        icmp.Receive(buffer);
        Assert.Equal(11, buffer[20]);
        Assert.Equal((1, 1), (lab.Outward.Counters.Unreachable, lab.Outward.Counters.Expired));
    }

    [Fact]
    public void Checksum_IsThatOfRfc1071_ForAnyLengthAndPlace()
    {
        var random = new Random(3);
        var bytes = new byte[4000];
        random.NextBytes(bytes);
        Span<byte> stored = stackalloc byte[2];
        for (var i = 0; i < 2000; i++)
        {
            var start = random.Next(64);
            var span = bytes.AsSpan(start, random.Next(bytes.Length - start));
            var expected = (ushort)~Fold(span);
            MemoryMarshal.Write(stored, InternetChecksum.Fold(InternetChecksum.Add(span)));
            Assert.Equal(expected == 0 && stored[0] == 255 ? 0xFFFF : expected, BinaryPrimitives.ReadUInt16BigEndian(stored));
        }
    }

    [Fact]
    public void SubnetTable_FindsTheLongestPrefix()
    {
        var table = SubnetTable.Of([
            Entry("10.244.0.0/16", "10.89.0.1"), Entry("10.244.2.0/24", "10.89.0.2"), Entry("10.244.2.128/25", "10.89.0.3"), .. Enumerable.Range(0, 200).Select(static i => Entry($"10.7.{i}.0/24", $"10.8.0.{i}"))]);
        Assert.Equal(203, table.Count);
        Assert.Equal("10.89.0.1", Find("10.244.9.9"));
        Assert.Equal("10.89.0.2", Find("10.244.2.5"));
        Assert.Equal("10.89.0.3", Find("10.244.2.200"));
        Assert.Equal("10.8.0.77", Find("10.7.77.1"));
        Assert.Null(Find("10.245.0.1"));

        string? Find(string address) => table.TryFind((uint)IpAddress.Parse(address).Value, out var node) ? IpAddress.FromV4(node).ToString() : null;

        static KeyValuePair<IpPrefix, IpAddress> Entry(string subnet, string node) => KeyValuePair.Create(IpPrefix.Parse(subnet), IpAddress.Parse(node));
    }

    public void Dispose()
    {
        ns?.Dispose();
        NetNamespace.Delete(path);
    }

    private Lab Make()
    {
        Assert.SkipUnless(ns is not null, "lacks: root");
        return new Lab(ns);
    }

    private static ushort Fold(ReadOnlySpan<byte> bytes, uint sum = 0)
    {
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)(bytes[i] << 8 | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
            sum = (sum >> 16) + (sum & 0xFFFF);
        }

        return (ushort)~sum;
    }

    private static ushort FoldTransport(ReadOnlySpan<byte> packet)
    {
        var pseudo = new byte[12];
        packet.Slice(12, 8).CopyTo(pseudo);
        pseudo[9] = packet[9];
        BinaryPrimitives.WriteUInt16BigEndian(pseudo.AsSpan(10), (ushort)(packet.Length - 20));
        return Fold(packet[20..], (uint)(ushort)~Fold(pseudo));
    }

    private static byte[] InnerUdp(string from, string to, int port, byte[] data)
    {
        var packet = new byte[28 + data.Length];
        packet[0] = 0x45;
        packet[8] = 64;
        packet[9] = 17;
        IpAddress.Parse(from).WriteTo(packet.AsSpan(12));
        IpAddress.Parse(to).WriteTo(packet.AsSpan(16));
        Ipv4Packet.SetLength(packet.AsSpan(0, 20), packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), 9);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), (ushort)port);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), (ushort)(8 + data.Length));
        data.CopyTo(packet.AsSpan(28));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(26), FoldTransport(packet));
        return packet;
    }

    private sealed class Lab : IDisposable
    {
        private readonly NetNamespace ns;
        private readonly TunQueue tun;
        private readonly IcmpSender errors;

        public Lab(NetNamespace ns)
        {
            this.ns = ns;
            tun = TunQueue.Open(Device, ns);
            tun.Release();
            using var route = RouteSocket.Open(ns);
            route.SetLink("lo", new LinkChange { Up = true });
            var index = route.GetLink(Device)!.Index;
            route.AddAddress(new AddressEntry(index, IpPrefix.Parse("10.244.1.0/32")));
            route.SetLink(index, new LinkChange { Up = true, Mtu = 1472 });
            route.AddRoute(new RouteEntry(IpPrefix.Parse("10.244.0.0/16")) { InterfaceIndex = index });
            Tunnel = UdpTunnelSocket.Open(IpAddress.Parse("127.0.0.1"), 8285, ns);
            Peer = Socket("127.0.0.2", 8285);
            errors = new IcmpSender((uint)IpAddress.Parse("10.244.1.0").Value, ns);
            Outward = new TunToNodes(tun, Tunnel, 8285, errors);
            Outward.Use(SubnetTable.Of([KeyValuePair.Create(IpPrefix.Parse("10.244.2.0/24"), IpAddress.Parse("127.0.0.2"))]));
            Inward = new NodesToTun(Tunnel, tun);
        }

        public UdpTunnelSocket Tunnel { get; }

        public IPEndPoint Own { get; } = new(IPAddress.Loopback, 8285);

        public Socket Peer { get; }

        public TunToNodes Outward { get; }

        public NodesToTun Inward { get; }

        public Socket Socket(string address, int port) => ns.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000, ReceiveBufferSize = 1 << 20 };
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), port));
            return socket;
        });

        public void Dispose()
        {
            Peer.Dispose();
            Outward.Dispose();
            Inward.Dispose();
            errors.Dispose();
            Tunnel.Dispose();
            tun.Dispose();
        }
    }
}
