namespace Podwire.Netlink.Interop;

/// <summary>linux/if_addr.h, names verbatim.</summary>
internal static class IfAddr
{
    internal const int IFA_ADDRESS = 1;
    internal const int IFA_LOCAL = 2;
    internal const int IFA_LABEL = 3;
    internal const int IFA_BROADCAST = 4;
    internal const int IFA_FLAGS = 8;
}
