namespace Podwire.Ruleset;

/// <summary>How the two sides of a match are compared; the values are <c>NFT_CMP_*</c> (linux/netfilter/nf_tables.h). Order is byte by byte.</summary>
public enum MatchOperator
{
    /// <summary>Equal.</summary>
    Equal = 0,

    /// <summary>Not equal.</summary>
    NotEqual = 1,

    /// <summary>Below.</summary>
    Less = 2,

    /// <summary>Below or equal.</summary>
    LessOrEqual = 3,

    /// <summary>Above.</summary>
    Greater = 4,

    /// <summary>Above or equal.</summary>
    GreaterOrEqual = 5,
}
