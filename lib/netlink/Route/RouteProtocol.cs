namespace Podwire.Netlink.Route;

/// <summary>Who made a route, <c>RTPROT_*</c> (linux/rtnetlink.h); other numbers are free for routing daemons.</summary>
public enum RouteProtocol : byte
{
    /// <summary>RTPROT_UNSPEC: in a delete request, any.</summary>
    Unspecified = 0,

    /// <summary>RTPROT_REDIRECT: an ICMP redirect.</summary>
    Redirect = 1,

    /// <summary>RTPROT_KERNEL: the kernel itself.</summary>
    Kernel = 2,

    /// <summary>RTPROT_BOOT: a program that says nothing better, such as «ip route add».</summary>
    Boot = 3,

    /// <summary>RTPROT_STATIC: an administrator.</summary>
    Static = 4,

    /// <summary>RTPROT_RA: a router advertisement.</summary>
    RouterAdvertisement = 9,

    /// <summary>RTPROT_BIRD.</summary>
    Bird = 12,

    /// <summary>RTPROT_DHCP.</summary>
    Dhcp = 16,
}
