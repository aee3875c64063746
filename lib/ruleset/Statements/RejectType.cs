namespace Podwire.Ruleset;

/// <summary>How a packet is refused; the values are <c>NFT_REJECT_*</c> (linux/netfilter/nf_tables.h).</summary>
public enum RejectType
{
    /// <summary>An ICMP or ICMPv6 unreachable message with the code of that family.</summary>
    Icmp = 0,

    /// <summary>A TCP reset.</summary>
    TcpReset = 1,

    /// <summary>An unreachable message with a code that fits both families.</summary>
    Icmpx = 2,
}
