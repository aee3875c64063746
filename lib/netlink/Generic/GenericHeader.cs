using System.Runtime.InteropServices;

namespace Podwire.Netlink.Generic;

/// <summary><c>struct genlmsghdr</c> (linux/genetlink.h), the header of every generic netlink message.</summary>
/// <param name="command">The family's command.</param>
/// <param name="version">The version of the family's interface.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct GenericHeader(byte command, byte version)
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 4;

    private readonly byte command = command;
    private readonly byte version = version;
    private readonly ushort reserved = 0;

    /// <summary>The command of a received message.</summary>
    /// <exception cref="NetlinkProtocolException">It has no header.</exception>
    public static byte CommandOf(in NetlinkMessage message) => message.Payload.Length >= Size
        ? message.Payload[0]
        : throw new NetlinkProtocolException($"a generic message of {message.Payload.Length} bytes", message.Offset);
}
