namespace Podwire.Netlink.Route;

/// <summary>Who a macvlan talks to, <c>MACVLAN_MODE_*</c> (linux/if_link.h).</summary>
public enum MacvlanMode
{
    /// <summary>Not told.</summary>
    None = 0,

    /// <summary>None of its siblings.</summary>
    Private = 1,

    /// <summary>Its siblings by way of a switch outside that sends frames back.</summary>
    Vepa = 2,

    /// <summary>Its siblings directly.</summary>
    Bridge = 4,

    /// <summary>It takes the underlying interface over; there can be one only.</summary>
    Passthru = 8,

    /// <summary>Only listed source addresses.</summary>
    Source = 16,
}
