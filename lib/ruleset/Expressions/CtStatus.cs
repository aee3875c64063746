namespace Podwire.Ruleset;

/// <summary>Connection status bits (<c>IPS_*</c>, linux/netfilter/nf_conntrack_common.h).</summary>
[Flags]
public enum CtStatus : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Expected by another connection.</summary>
    Expected = 1,

    /// <summary>Answered.</summary>
    SeenReply = 2,

    /// <summary>Never expires early.</summary>
    Assured = 4,

    /// <summary>Its first packet has left.</summary>
    Confirmed = 8,

    /// <summary>Its source is translated.</summary>
    Snat = 16,

    /// <summary>Its destination is translated.</summary>
    Dnat = 32,
}
