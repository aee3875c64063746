namespace Podwire.Ruleset;

/// <summary>What a verdict does; the values are <c>NF_*</c> and <c>NFT_*</c> (linux/netfilter.h, linux/netfilter/nf_tables.h).</summary>
public enum VerdictCode
{
    /// <summary>Discard the packet silently.</summary>
    Drop = 0,

    /// <summary>Leave this base chain; later ones still see the packet.</summary>
    Accept = 1,

    /// <summary>Go on with the next rule.</summary>
    Continue = -1,

    /// <summary>Evaluate another chain and come back.</summary>
    Jump = -3,

    /// <summary>Evaluate another chain and do not come back here.</summary>
    Goto = -4,

    /// <summary>Back to the caller, or to the policy in a base chain.</summary>
    Return = -5,
}
