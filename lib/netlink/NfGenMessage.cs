using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink;

/// <summary><c>struct nfgenmsg</c> (linux/netfilter/nfnetlink.h), the header of every netfilter message.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct NfGenMessage(byte family, ushort resource = 0)
{
    /// <summary>Its length in bytes.</summary>
    public const int Size = 4;

    private readonly byte family = family;
    private readonly byte version = 0;
    private readonly ushort resource = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(resource) : resource;

    /// <summary>The message type of a subsystem's message: the subsystem is the upper byte.</summary>
    public static ushort Type(int message, int subsystem = NfTables.NFNL_SUBSYS_NFTABLES) => (ushort)((subsystem << 8) | message);

    /// <summary>Begins a message of nftables with its header.</summary>
    public static void Begin(ref NetlinkWriter writer, int message, NetlinkFlags flags, TableFamily family) =>
        Begin(ref writer, Type(message), flags, (byte)family);

    /// <summary>Begins a message with its header.</summary>
    public static void Begin(ref NetlinkWriter writer, ushort type, NetlinkFlags flags, byte family)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new NfGenMessage(family));
    }

    /// <summary>The family in the header of a received message; 0 if it is too short to have one.</summary>
    public static TableFamily FamilyOf(in NetlinkMessage message) => message.Payload.IsEmpty ? 0 : (TableFamily)message.Payload[0];
}
