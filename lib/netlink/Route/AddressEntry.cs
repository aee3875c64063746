using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>An address of an interface (RTM_NEWADDR, rtnetlink(7)).</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Prefix">The address with the length of its on-link prefix.</param>
public sealed record AddressEntry(int InterfaceIndex, IpPrefix Prefix)
{
    /// <summary>The scope.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>Flags.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>The broadcast address (IPv4), if any.</summary>
    public IpAddress? Broadcast { get; init; }

    /// <summary>The other end of a point-to-point link, if any.</summary>
    public IpAddress? Peer { get; init; }

    /// <summary>The label (IPv4): the interface name or NAME:TEXT.</summary>
    public string? Label { get; init; }

    /// <summary>For error texts.</summary>
    public override string ToString() => $"{Prefix} of interface {InterfaceIndex}";

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new IfAddrMsg
        {
            Family = (byte)Prefix.Family,
            PrefixLength = Prefix.Length,
            Flags = (byte)Flags,
            Scope = (byte)Scope,
            Index = InterfaceIndex,
        });
        writer.Address(IfAddr.IFA_LOCAL, Prefix.Address);
        writer.Address(IfAddr.IFA_ADDRESS, Peer ?? Prefix.Address);
        if (Broadcast is { } broadcast)
        {
            writer.Address(IfAddr.IFA_BROADCAST, broadcast);
        }

        if (Label is not null)
        {
            writer.String(IfAddr.IFA_LABEL, Label);
        }

        if (Flags != AddressFlags.None)
        {
            writer.UInt32(IfAddr.IFA_FLAGS, (uint)Flags);
        }

        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, IpFamily? family, int interfaceIndex)
    {
        writer.BeginMessage(RtNetlink.RTM_GETADDR, NetlinkFlags.Dump);
        writer.Header(new IfAddrMsg { Family = (byte)(family ?? 0), Index = interfaceIndex });
        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out AddressEntry address)
    {
        address = null;
        if (message.Type is not (RtNetlink.RTM_NEWADDR or RtNetlink.RTM_DELADDR))
        {
            return false;
        }

        var attributes = message.Attributes(IfAddrMsg.Length);
        var header = MemoryMarshal.Read<IfAddrMsg>(message.Payload);
        IpAddress? local = null, other = null, broadcast = null;
        string? label = null;
        uint flags = header.Flags;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IfAddr.IFA_LOCAL:
                    local = attributes.Address();
                    break;
                case IfAddr.IFA_ADDRESS:
                    other = attributes.Address();
                    break;
                case IfAddr.IFA_BROADCAST:
                    broadcast = attributes.Address();
                    break;
                case IfAddr.IFA_LABEL:
                    label = attributes.String();
                    break;
                case IfAddr.IFA_FLAGS:
                    flags = attributes.UInt32();
                    break;
            }
        }

        // IPv6 gives IFA_LOCAL only where the peer is another address.
        if ((local ?? other) is not { } own)
        {
            return false;
        }

        if (header.PrefixLength > own.Bits)
        {
            throw new NetlinkProtocolException($"{own} with a prefix of {header.PrefixLength} bits", message.Offset);
        }

        address = new AddressEntry(header.Index, new IpPrefix(own, header.PrefixLength))
        {
            Scope = (RouteScope)header.Scope,
            Flags = (AddressFlags)flags,
            Broadcast = broadcast,
            Peer = other == own ? null : other,
            Label = label,
        };
        return true;
    }
}
