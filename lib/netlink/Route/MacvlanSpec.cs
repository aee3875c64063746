using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>A macvlan to be made: an interface with an Ethernet address of its own on top of another.</summary>
/// <param name="Name">The interface name.</param>
/// <param name="ParentIndex">The interface below, in the socket's namespace.</param>
public sealed record MacvlanSpec(string Name, int ParentIndex) : LinkSpec(Name)
{
    /// <summary>The kind as the kernel names it.</summary>
    public const string KindName = "macvlan";

    /// <summary>Who it talks to.</summary>
    public MacvlanMode Mode { get; init; } = MacvlanMode.Bridge;

    /// <summary>How many broadcast frames may wait for delivery to the siblings; null for the kernel's (1000).</summary>
    public uint? BroadcastQueueLength { get; init; }

    internal override string Kind => KindName;

    internal override int? LowerIndex => ParentIndex;

    internal static MacvlanMode DecodeMode(AttributeReader attributes)
    {
        var mode = MacvlanMode.None;
        while (attributes.Read())
        {
            if (attributes.Type == IfLink.IFLA_MACVLAN_MODE)
            {
                mode = (MacvlanMode)attributes.UInt32();
            }
        }

        return mode;
    }

    internal override void EncodeData(ref NetlinkWriter writer)
    {
        writer.UInt32(IfLink.IFLA_MACVLAN_MODE, (uint)Mode);
        if (BroadcastQueueLength is { } length)
        {
            writer.UInt32(IfLink.IFLA_MACVLAN_BC_QUEUE_LEN, length);
        }
    }
}
