namespace Podwire.Netlink.Route;

/// <summary>States of a neighbour or FDB entry, <c>NUD_*</c> (linux/neighbour.h).</summary>
[Flags]
public enum NeighbourState : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NUD_INCOMPLETE: asked, no answer yet.</summary>
    Incomplete = 0x1,

    /// <summary>NUD_REACHABLE.</summary>
    Reachable = 0x2,

    /// <summary>NUD_STALE.</summary>
    Stale = 0x4,

    /// <summary>NUD_DELAY.</summary>
    Delay = 0x8,

    /// <summary>NUD_PROBE.</summary>
    Probe = 0x10,

    /// <summary>NUD_FAILED.</summary>
    Failed = 0x20,

    /// <summary>NUD_NOARP.</summary>
    NoArp = 0x40,

    /// <summary>NUD_PERMANENT: set by an administrator, never forgotten.</summary>
    Permanent = 0x80,
}
