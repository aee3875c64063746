namespace Podwire.Ruleset;

/// <summary>What a routing look-up answers; the values are <c>NFT_FIB_RESULT_*</c> (linux/netfilter/nf_tables.h).</summary>
public enum FibResult
{
    /// <summary>The index of the outgoing link.</summary>
    Oif = 1,

    /// <summary>The name of the outgoing link.</summary>
    Oifname = 2,

    /// <summary>The type of the address: local, broadcast...</summary>
    AddressType = 3,
}
