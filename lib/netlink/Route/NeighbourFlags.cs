namespace Podwire.Netlink.Route;

/// <summary>Flags of a neighbour or FDB entry, <c>NTF_*</c> (linux/neighbour.h).</summary>
[Flags]
public enum NeighbourFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NTF_USE.</summary>
    Use = 0x1,

    /// <summary>NTF_SELF: the device's own table, as a vxlan has one.</summary>
    Self = 0x2,

    /// <summary>NTF_MASTER: the table of the bridge the device is a port of.</summary>
    Master = 0x4,

    /// <summary>NTF_PROXY: answer on behalf of it.</summary>
    Proxy = 0x8,

    /// <summary>NTF_EXT_LEARNED: learnt by a control plane.</summary>
    ExternallyLearned = 0x10,

    /// <summary>NTF_STICKY.</summary>
    Sticky = 0x40,

    /// <summary>NTF_ROUTER.</summary>
    Router = 0x80,
}
