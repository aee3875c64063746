namespace Podwire.Netlink.Route;

/// <summary>Flags of an interface address, <c>IFA_F_*</c> (linux/if_addr.h).</summary>
[Flags]
public enum AddressFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>IFA_F_SECONDARY.</summary>
    Secondary = 0x1,

    /// <summary>IFA_F_NODAD: no duplicate address detection (RFC 4862 section 5.4).</summary>
    NoDad = 0x2,

    /// <summary>IFA_F_DADFAILED: another node has this address.</summary>
    DadFailed = 0x8,

    /// <summary>IFA_F_DEPRECATED.</summary>
    Deprecated = 0x20,

    /// <summary>IFA_F_TENTATIVE: duplicate address detection goes on.</summary>
    Tentative = 0x40,

    /// <summary>IFA_F_PERMANENT: set by an administrator.</summary>
    Permanent = 0x80,

    /// <summary>IFA_F_NOPREFIXROUTE: no route to the prefix is made.</summary>
    NoPrefixRoute = 0x200,
}
