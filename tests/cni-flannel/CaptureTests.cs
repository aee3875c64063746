using System.Buffers.Binary;
using System.Net.Sockets;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

/// <summary>What is on the wire between the nodes, decoded by tshark.</summary>
public class CaptureTests
{
    // htons(ETH_P_ALL), linux/if_ether.h.
    private const int EveryProtocol = 0x0300;

    [Theory]
    [InlineData(1u, 8472, IpFamily.V4)]
    [InlineData(4096u, 4789, IpFamily.V6)]
    public async Task Vxlan_IsDecodedWithItsIdentifierPortAndInnerFrame(uint vni, int port, IpFamily family)
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAsync(TestCluster.NetConf(new BackendConf { Type = BackendType.Vxlan, Vni = vni, Port = (ushort)port }, dualStack: family == IpFamily.V6));
        await TestCluster.UntilAsync("both families", () => cluster.All.All(node => node.Ip($"-{(family == IpFamily.V4 ? 4 : 6)} route show").Any(route =>
            ((string?)route!["dev"])!.StartsWith("flannel", StringComparison.Ordinal) && route["gateway"] is not null)));
        var device = family == IpFamily.V4 ? $"flannel.{vni}" : $"flannel-v6.{vni}";
        var lines = await DecodeAsync(cluster, family, port, "vxlan", ["udp.dstport", "vxlan.vni", "eth.src", "eth.dst", family == IpFamily.V4 ? "ip.src" : "ipv6.src", family == IpFamily.V4 ? "ip.dst" : "ipv6.dst", "tcp.flags.syn"]);
        var inner = lines.Select(static line => line.Split('\t')).First(static fields => fields[6] is "1" or "True");
        var underlay = family == IpFamily.V4 ? "10.89.0.1" : "fd00:89::1";
        Assert.Equal(port.ToString(), inner[0]);
        Assert.Equal(vni, Convert.ToUInt32(inner[1], inner[1].StartsWith("0x", StringComparison.Ordinal) ? 16 : 10));
        Assert.EndsWith("," + cluster[1].Ip($"link show {device}")[0]!["address"], inner[2], StringComparison.Ordinal);
        Assert.EndsWith("," + cluster[2].Ip($"link show {device}")[0]!["address"], inner[3], StringComparison.Ordinal);
        Assert.Equal($"{underlay}1,{cluster[1].PodAddress(family)}", inner[4]);
        Assert.Equal($"{underlay}2,{cluster[2].PodAddress(family)}", inner[5]);
    }

    [Fact]
    public async Task Udp_IsTheInnerPacketAndNothingElse()
    {
        await using var cluster = new TestCluster(2, podMtu: 1472);
        await cluster.StartAsync(TestCluster.NetConf(UdpTests.Udp));

        // The inner packet begins where the datagram's data does, so «it is IP» decodes it; its checksums must hold.
        var lines = await DecodeAsync(cluster, IpFamily.V4, 8285, "ip", ["ip.src", "ip.dst", "ip.ttl", "ip.checksum.status", "tcp.checksum.status", "tcp.flags.syn"]);
        var inner = lines.Select(static line => line.Split('\t')).First(static fields => fields[5] is "1" or "True");
        Assert.Equal($"10.89.0.11,{cluster[1].PodAddress(IpFamily.V4)}", inner[0]);
        Assert.Equal($"10.89.0.12,{cluster[2].PodAddress(IpFamily.V4)}", inner[1]);

        // One off by the node's routing, one by the back end, as by flanneld's.
        Assert.EndsWith(",62", inner[2], StringComparison.Ordinal);
        Assert.All(lines.Select(static line => line.Split('\t')), static fields =>
        {
            Assert.DoesNotContain("0", fields[3].Split(','));
            Assert.DoesNotContain("0", fields[4].Split(',', StringSplitOptions.RemoveEmptyEntries));
        });
    }

    /// <summary>Captures a pod's TCP conversation on the underlay and prints fields of what goes to a UDP port.</summary>
    private static async Task<string[]> DecodeAsync(TestCluster cluster, IpFamily family, int port, string protocol, string[] fields)
    {
        // Segments of 64 KiB with checksums still to be made would not be what a wire carries.
        TestCluster.Run("ip", ["netns", "exec", cluster[1].NetnsName, "ethtool", "-K", "eth0", "tx", "off", "gso", "off", "tso", "off"]);
        var file = Path.GetTempFileName();
        try
        {
            using var capture = cluster[2].Namespace.Run(static () =>
            {
                var socket = new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)EveryProtocol) { ReceiveTimeout = 500 };
                return socket;
            });
            await TestCluster.AssertReachesAsync(cluster[1], cluster[2], family);
            Write(capture, file);
            string[] arguments = ["-r", file, "-d", $"udp.port=={port},{protocol}", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
                "-Y", $"udp.dstport=={port} && {(family == IpFamily.V4 ? "ip.src==10.89.0.11" : "ipv6.src==fd00:89::11")}", "-T", "fields", .. fields.SelectMany(static field => (string[])["-e", field])];
            return TestCluster.Run("tshark", arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>What the socket holds as a pcap file (draft-ietf-opsawg-pcap): Ethernet frames.</summary>
    private static void Write(Socket capture, string file)
    {
        using var output = File.Create(file);
        Span<byte> header = stackalloc byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 262_144);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        output.Write(header);
        Span<byte> record = stackalloc byte[16];
        var frame = new byte[70_000];
        while (capture.Poll(200_000, SelectMode.SelectRead))
        {
            var length = capture.Receive(frame);
            record.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(record[8..], length);
            BinaryPrimitives.WriteInt32LittleEndian(record[12..], length);
            output.Write(record);
            output.Write(frame, 0, length);
        }
    }
}
