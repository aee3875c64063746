namespace Podwire.Netlink.Interop;

/// <summary>linux/neighbour.h, names verbatim.</summary>
internal static class Neighbour
{
    internal const int NDA_DST = 1;
    internal const int NDA_LLADDR = 2;
    internal const int NDA_VLAN = 5;
    internal const int NDA_PORT = 6;
    internal const int NDA_VNI = 7;
    internal const int NDA_IFINDEX = 8;
    internal const int NDA_MASTER = 9;
}
