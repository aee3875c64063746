namespace Podwire.Ruleset;

/// <summary>How a translation chooses; the values are <c>NF_NAT_RANGE_*</c> (linux/netfilter/nf_nat.h).</summary>
[Flags]
public enum NatFlags : uint
{
    /// <summary>The kernel's default.</summary>
    None = 0,

    /// <summary>A random port.</summary>
    Random = 4,

    /// <summary>The same address for the same client.</summary>
    Persistent = 8,

    /// <summary>A fully random port.</summary>
    FullyRandom = 16,
}
