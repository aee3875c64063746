namespace Podwire.Ruleset;

/// <summary>What a routing look-up looks at; the values are <c>NFTA_FIB_F_*</c> (linux/netfilter/nf_tables.h).</summary>
[Flags]
public enum FibFlags : uint
{
    /// <summary>Nothing: not a valid look-up.</summary>
    None = 0,

    /// <summary>The source address.</summary>
    Saddr = 1,

    /// <summary>The destination address.</summary>
    Daddr = 2,

    /// <summary>The packet mark.</summary>
    Mark = 4,

    /// <summary>Only routes over the incoming link.</summary>
    Iif = 8,

    /// <summary>Only routes over the outgoing link.</summary>
    Oif = 16,
}
