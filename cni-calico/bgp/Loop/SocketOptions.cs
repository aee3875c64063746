using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Podwire.Primitives;
using AddressFamily = System.Net.Sockets.AddressFamily;

namespace Podwire.BgpDaemon.Loop;

/// <summary>What BGP wants of TCP: precedence, hop limits (RFC 5082), signatures (RFC 2385).</summary>
internal static class SocketOptions
{
    private const int IPPROTO_IP = 0;
    private const int IPPROTO_TCP = 6;
    private const int IPPROTO_IPV6 = 41;
    private const int IP_TOS = 1;
    private const int IP_TTL = 2;
    private const int IP_MINTTL = 21;
    private const int IPV6_UNICAST_HOPS = 16;
    private const int IPV6_TCLASS = 67;
    private const int IPV6_MINHOPCOUNT = 73;
    private const int TCP_MD5SIG = 14;
    private const int TCP_MD5SIG_EXT = 32;
    private const byte TCP_MD5SIG_FLAG_PREFIX = 1;
    private const int SizeOfMd5Sig = 216;

    /// <summary>CS6, internetwork control (RFC 4271 appendix E, RFC 2474).</summary>
    private const int Precedence = 0xC0;
    private const int AllHops = 255;

    /// <summary>A socket without blocking of the address's family.</summary>
    public static Socket Create(IpFamily family)
    {
        var socket = new Socket(family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        if (family == IpFamily.V6)
        {
            socket.DualMode = false;
        }

        socket.Blocking = false;
        return socket;
    }

    public static void Prepare(Socket socket, IpFamily family)
    {
        socket.NoDelay = true;
        Set(socket, family == IpFamily.V4 ? IPPROTO_IP : IPPROTO_IPV6, family == IpFamily.V4 ? IP_TOS : IPV6_TCLASS, Precedence);
    }

    /// <summary>The hop limit of a listener that serves neighbours with GTSM: its SYN-ACKs must pass their check.</summary>
    public static void SendWithAllHops(Socket socket, IpFamily family) =>
        Set(socket, family == IpFamily.V4 ? IPPROTO_IP : IPPROTO_IPV6, family == IpFamily.V4 ? IP_TTL : IPV6_UNICAST_HOPS, AllHops);

    /// <summary>Sends with hop limit 255 and takes only what comes from at most so many hops away.</summary>
    public static void RequireHops(Socket socket, IpFamily family, int hops)
    {
        SendWithAllHops(socket, family);
        Set(socket, family == IpFamily.V4 ? IPPROTO_IP : IPPROTO_IPV6, family == IpFamily.V4 ? IP_MINTTL : IPV6_MINHOPCOUNT, AllHops + 1 - hops);
    }

    /// <summary>Sets the key for a network's segments; without a key, takes it away (linux/tcp.h, struct tcp_md5sig).</summary>
    public static void SetPassword(Socket socket, IpPrefix peers, string? password)
    {
        Span<byte> signature = stackalloc byte[SizeOfMd5Sig];
        signature.Clear();
        if (peers.Family == IpFamily.V4)
        {
            var family = (ushort)2;
            MemoryMarshal.Write(signature, in family);
            peers.Address.WriteTo(signature[4..]);
        }
        else
        {
            var family = (ushort)10;
            MemoryMarshal.Write(signature, in family);
            peers.Address.WriteTo(signature[8..]);
        }

        var length = (ushort)(password is null ? 0 : Encoding.UTF8.GetBytes(password, signature[136..]));
        MemoryMarshal.Write(signature[130..], in length);
        if (peers.IsHost)
        {
            socket.SetRawSocketOption(IPPROTO_TCP, TCP_MD5SIG, signature);
            return;
        }

        (signature[128], signature[129]) = (TCP_MD5SIG_FLAG_PREFIX, peers.Length);
        socket.SetRawSocketOption(IPPROTO_TCP, TCP_MD5SIG_EXT, signature);
    }

    /// <summary>SO_ERROR: why a connection could not be opened.</summary>
    public static Errno TakeError(Socket socket)
    {
        Span<byte> value = stackalloc byte[4];
        socket.GetRawSocketOption(1, 4, value);
        return (Errno)MemoryMarshal.Read<int>(value);
    }

    private static void Set(Socket socket, int level, int option, int value) =>
        socket.SetRawSocketOption(level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
}
