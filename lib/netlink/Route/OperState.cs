namespace Podwire.Netlink.Route;

/// <summary>The operational state of a link, <c>IF_OPER_*</c> (linux/if.h, RFC 2863 section 3.1.14).</summary>
public enum OperState : byte
{
    /// <summary>The driver does not tell (loopback).</summary>
    Unknown = 0,

    /// <summary>Hardware is missing.</summary>
    NotPresent = 1,

    /// <summary>Down.</summary>
    Down = 2,

    /// <summary>The link below is down.</summary>
    LowerLayerDown = 3,

    /// <summary>Under test.</summary>
    Testing = 4,

    /// <summary>Waiting for an event.</summary>
    Dormant = 5,

    /// <summary>Up.</summary>
    Up = 6,
}
