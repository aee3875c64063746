namespace Podwire.Ruleset;

/// <summary>Types of address in a routing look-up (<c>RTN_*</c>, linux/rtnetlink.h).</summary>
public enum FibAddressType : uint
{
    /// <summary>Elsewhere.</summary>
    Unicast = 1,

    /// <summary>One of this machine's own.</summary>
    Local = 2,

    /// <summary>Broadcast.</summary>
    Broadcast = 3,

    /// <summary>Multicast.</summary>
    Multicast = 5,
}
