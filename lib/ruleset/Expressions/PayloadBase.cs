namespace Podwire.Ruleset;

/// <summary>Where an offset into a packet starts; the values are <c>NFT_PAYLOAD_*</c> (linux/netfilter/nf_tables.h).</summary>
public enum PayloadBase
{
    /// <summary>The Ethernet header.</summary>
    Link = 0,

    /// <summary>The IP header.</summary>
    Network = 1,

    /// <summary>The transport header.</summary>
    Transport = 2,
}
