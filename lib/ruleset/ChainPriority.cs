namespace Podwire.Ruleset;

/// <summary>Well-known priorities of base chains in the families ip, ip6 and inet (<c>NF_IP_PRI_*</c>, linux/netfilter_ipv4.h); lower runs earlier.</summary>
public static class ChainPriority
{
    /// <summary>Before connection tracking.</summary>
    public const int Raw = -300;

    /// <summary>mangle.</summary>
    public const int Mangle = -150;

    /// <summary>Destination translation.</summary>
    public const int DstNat = -100;

    /// <summary>filter.</summary>
    public const int Filter = 0;

    /// <summary>security.</summary>
    public const int Security = 50;

    /// <summary>Source translation.</summary>
    public const int SrcNat = 100;
}
