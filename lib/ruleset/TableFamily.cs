namespace Podwire.Ruleset;

/// <summary>The family of an nftables table; the values are <c>NFPROTO_*</c> (linux/netfilter.h).</summary>
public enum TableFamily : byte
{
    /// <summary>IPv4 and IPv6 together.</summary>
    Inet = 1,

    /// <summary>IPv4.</summary>
    Ip = 2,

    /// <summary>Ingress and egress of one device.</summary>
    Netdev = 5,

    /// <summary>Frames that a bridge forwards.</summary>
    Bridge = 7,

    /// <summary>IPv6.</summary>
    Ip6 = 10,
}
