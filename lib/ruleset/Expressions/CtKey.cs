namespace Podwire.Ruleset;

/// <summary>What is known of a packet's connection; the values are <c>NFT_CT_*</c> (linux/netfilter/nf_tables.h).</summary>
public enum CtKey
{
    /// <summary><see cref="Podwire.Ruleset.CtState"/> bits.</summary>
    State = 0,

    /// <summary>Original or reply.</summary>
    Direction = 1,

    /// <summary><see cref="Podwire.Ruleset.CtStatus"/> bits.</summary>
    Status = 2,

    /// <summary>The connection mark.</summary>
    Mark = 3,

    /// <summary>The transport protocol; needs a direction.</summary>
    Protocol = 10,

    /// <summary>The source port; needs a direction.</summary>
    ProtoSrc = 11,

    /// <summary>The destination port; needs a direction.</summary>
    ProtoDst = 12,

    /// <summary>The IPv4 source address; needs a direction.</summary>
    IpSaddr = 19,

    /// <summary>The IPv4 destination address; needs a direction.</summary>
    IpDaddr = 20,

    /// <summary>The IPv6 source address; needs a direction.</summary>
    Ip6Saddr = 21,

    /// <summary>The IPv6 destination address; needs a direction.</summary>
    Ip6Daddr = 22,
}
