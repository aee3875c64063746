namespace Podwire.Ruleset;

/// <summary>Properties of a set; the values are <c>NFT_SET_*</c> (linux/netfilter/nf_tables.h). Map and object flags follow from the record's type.</summary>
[Flags]
public enum SetFlags : uint
{
    /// <summary>A hash of single keys.</summary>
    None = 0,

    /// <summary>Belongs to one rule and has no name of its own.</summary>
    Anonymous = 1,

    /// <summary>Cannot be changed after it was bound to a rule.</summary>
    Constant = 2,

    /// <summary>Keys may be ranges; they must not overlap.</summary>
    Interval = 4,

    /// <summary>Elements may expire.</summary>
    Timeout = 0x10,

    /// <summary>Rules add elements (<c>NFT_SET_EVAL</c>).</summary>
    Dynamic = 0x20,
}
