namespace Podwire.Primitives;

/// <summary>Transport protocols that Kubernetes Services and policies name; the values are IANA's protocol numbers.</summary>
public enum IpProtocol : byte
{
    /// <summary>ICMP (RFC 792).</summary>
    Icmp = 1,

    /// <summary>TCP (RFC 9293).</summary>
    Tcp = 6,

    /// <summary>UDP (RFC 768).</summary>
    Udp = 17,

    /// <summary>ICMPv6 (RFC 4443).</summary>
    IcmpV6 = 58,

    /// <summary>SCTP (RFC 9260).</summary>
    Sctp = 132,
}
