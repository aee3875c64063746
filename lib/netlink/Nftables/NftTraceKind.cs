namespace Podwire.Netlink.Nftables;

/// <summary>What a trace event tells of (enum nft_trace_types).</summary>
public enum NftTraceKind
{
    /// <summary>Something newer than this library.</summary>
    Unknown = 0,

    /// <summary>A base chain ended: its policy.</summary>
    Policy = 1,

    /// <summary>A chain ended without a verdict.</summary>
    Return = 2,

    /// <summary>A rule matched.</summary>
    Rule = 3,
}
