namespace Podwire.Netlink.Route;

/// <summary>How far away a destination or how widely known an address is, <c>RT_SCOPE_*</c> (linux/rtnetlink.h).</summary>
public enum RouteScope : byte
{
    /// <summary>RT_SCOPE_UNIVERSE: everywhere, through a gateway.</summary>
    Universe = 0,

    /// <summary>RT_SCOPE_SITE.</summary>
    Site = 200,

    /// <summary>RT_SCOPE_LINK: on an attached link.</summary>
    Link = 253,

    /// <summary>RT_SCOPE_HOST: this machine.</summary>
    Host = 254,

    /// <summary>RT_SCOPE_NOWHERE: in a delete request, any scope.</summary>
    Nowhere = 255,
}
