using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Namespaces;

namespace Podwire.BgpDaemon.Tests;

/// <summary>A BGP speaker of bytes written by hand, for what no proper speaker sends: AS 64512, IPv4 only, AS numbers of four octets.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket socket;
    private readonly byte[] buffer = new byte[1 << 16];
    private int length;

    /// <summary>Opens a TCP connection to the reflector from a namespace.</summary>
    public RawPeer(string space, string from, int receiveBuffer = 0)
    {
        using var target = NetNamespace.Open(space);
        socket = target.Run(() =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
            if (receiveBuffer > 0)
            {
                made.ReceiveBufferSize = receiveBuffer;
            }

            made.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            made.Connect(IPAddress.Parse("10.99.0.1"), 179);
            return made;
        });
        Identifier = IPAddress.Parse(from).GetAddressBytes();
    }

    public byte[] Identifier { get; }

    public HashSet<string> Prefixes { get; } = [];

    public int Withdrawn { get; private set; }

    public bool HasEndOfRib { get; private set; }

    public byte[]? Notification { get; private set; }

    public static byte[] Message(byte type, params byte[] body)
    {
        byte[] message = [.. Enumerable.Repeat((byte)0xff, 16), 0, 0, type, .. body];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(16), (ushort)message.Length);
        return message;
    }

    /// <summary>An UPDATE of IPv4 prefixes /32 with the attributes given, and routes withdrawn.</summary>
    public static byte[] Update(byte[] attributes, byte[] announced, byte[]? withdrawn = null)
    {
        withdrawn ??= [];
        return Message(2, [(byte)(withdrawn.Length >> 8), (byte)withdrawn.Length, .. withdrawn, (byte)(attributes.Length >> 8), (byte)attributes.Length, .. attributes, .. announced]);
    }

    /// <summary>ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF as a proper client sends them.</summary>
    public byte[] Attributes() => [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, .. Identifier, 0x40, 5, 4, 0, 0, 0, 100];

    public static byte[] Host(int a, int b, int c, int d) => [32, (byte)a, (byte)b, (byte)c, (byte)d];

    public void Send(params byte[] octets) => socket.Send(octets);

    /// <summary>OPEN and KEEPALIVE both ways.</summary>
    public RawPeer Open()
    {
        Send(Message(1, [4, 0xfc, 0, 0, 90, .. Identifier, 14, 2, 12, 1, 4, 0, 1, 0, 1, 65, 4, 0, 0, 0xfc, 0]));
        Send(Message(4));
        var (hasOpen, hasKeepalive) = (false, false);
        while (!hasOpen || !hasKeepalive)
        {
            var type = Next();
            Assert.True(type is 1 or 4, $"an OPEN or KEEPALIVE was to come, not {type}");
            (hasOpen, hasKeepalive) = (hasOpen | type == 1, hasKeepalive | type == 4);
        }

        return this;
    }

    /// <summary>Reads until what is asked has come about.</summary>
    public void ReadUntil(Func<bool> condition)
    {
        while (!condition())
        {
            Assert.True(Next() >= 0, "the session ended");
        }
    }

    /// <summary>The next message's type; -1 at the end.</summary>
    public int Next()
    {
        while (length < 19 || length < BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(16)))
        {
            var count = socket.Receive(buffer.AsSpan(length));
            if (count == 0)
            {
                return -1;
            }

            length += count;
        }

        var size = BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(16));
        var type = buffer[18];
        if (type == 2)
        {
            Take(buffer.AsSpan(19, size - 19));
        }
        else if (type == 3)
        {
            Notification = buffer[19..size];
        }

        buffer.AsSpan(size, length - size).CopyTo(buffer);
        length -= size;
        return type;
    }

    public void Dispose() => socket.Dispose();

    private void Take(ReadOnlySpan<byte> body)
    {
        var gone = BinaryPrimitives.ReadUInt16BigEndian(body);
        var attributes = BinaryPrimitives.ReadUInt16BigEndian(body[(2 + gone)..]);
        foreach (var prefix in Read(body.Slice(2, gone)))
        {
            Prefixes.Remove(prefix);
            Withdrawn++;
        }

        Prefixes.UnionWith(Read(body[(4 + gone + attributes)..]));
        HasEndOfRib |= body.Length == 4;
    }

    private static List<string> Read(ReadOnlySpan<byte> nlri)
    {
        var found = new List<string>();
        Span<byte> address = stackalloc byte[4];
        while (nlri.Length > 0)
        {
            var octets = (nlri[0] + 7) / 8;
            address.Clear();
            nlri.Slice(1, octets).CopyTo(address);
            found.Add($"{new IPAddress(address)}/{nlri[0]}");
            nlri = nlri[(1 + octets)..];
        }

        return found;
    }
}
