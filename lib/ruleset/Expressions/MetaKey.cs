namespace Podwire.Ruleset;

/// <summary>What is known of a packet beside its bytes; the values are <c>NFT_META_*</c> (linux/netfilter/nf_tables.h).</summary>
public enum MetaKey
{
    /// <summary>The EtherType.</summary>
    Protocol = 1,

    /// <summary>The packet mark.</summary>
    Mark = 3,

    /// <summary>The index of the incoming link.</summary>
    Iif = 4,

    /// <summary>The index of the outgoing link.</summary>
    Oif = 5,

    /// <summary>The name of the incoming link.</summary>
    Iifname = 6,

    /// <summary>The name of the outgoing link.</summary>
    Oifname = 7,

    /// <summary>The IP family, for inet tables.</summary>
    Nfproto = 15,

    /// <summary>The transport protocol.</summary>
    L4proto = 16,

    /// <summary>Unicast, broadcast or multicast.</summary>
    Pkttype = 19,
}
