using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>Bytes of the packet. Which header they are part of is up to the matches before it; the offsets do not tell an IPv4 header from an IPv6 one.</summary>
/// <param name="Base">The header.</param>
/// <param name="Offset">The first byte in it.</param>
/// <param name="Length">How many, 1 to 16.</param>
public sealed record Payload(PayloadBase Base, int Offset, int Length) : Expression
{
    /// <summary><c>ip saddr</c>.</summary>
    public static Payload IpSaddr { get; } = new(PayloadBase.Network, 12, 4);

    /// <summary><c>ip daddr</c>.</summary>
    public static Payload IpDaddr { get; } = new(PayloadBase.Network, 16, 4);

    /// <summary><c>ip protocol</c>.</summary>
    public static Payload IpProtocol { get; } = new(PayloadBase.Network, 9, 1);

    /// <summary><c>ip6 saddr</c>.</summary>
    public static Payload Ip6Saddr { get; } = new(PayloadBase.Network, 8, 16);

    /// <summary><c>ip6 daddr</c>.</summary>
    public static Payload Ip6Daddr { get; } = new(PayloadBase.Network, 24, 16);

    /// <summary><c>th sport</c>: the source port of TCP, UDP or SCTP.</summary>
    public static Payload ThSport { get; } = new(PayloadBase.Transport, 0, 2);

    /// <summary><c>th dport</c>: the destination port of TCP, UDP or SCTP.</summary>
    public static Payload ThDport { get; } = new(PayloadBase.Transport, 2, 2);

    /// <summary><c>icmp type</c> or <c>icmpv6 type</c>, after a match of the protocol.</summary>
    public static Payload IcmpType { get; } = new(PayloadBase.Transport, 0, 1);

    /// <summary><c>ether saddr</c>.</summary>
    public static Payload EtherSaddr { get; } = new(PayloadBase.Link, 6, 6);

    /// <summary><c>ether daddr</c>.</summary>
    public static Payload EtherDaddr { get; } = new(PayloadBase.Link, 0, 6);

    /// <summary>The source address of a family.</summary>
    public static Payload Saddr(IpFamily family) => family == IpFamily.V4 ? IpSaddr : Ip6Saddr;

    /// <summary>The destination address of a family.</summary>
    public static Payload Daddr(IpFamily family) => family == IpFamily.V4 ? IpDaddr : Ip6Daddr;

    /// <inheritdoc/>
    public override NftType? Type => (Base, Offset, Length) switch
    {
        (PayloadBase.Network, 12 or 16, 4) => NftType.Ipv4Address,
        (PayloadBase.Network, 8 or 24, 16) => NftType.Ipv6Address,
        (PayloadBase.Network, 9 or 6, 1) => NftType.InetProtocol,
        (PayloadBase.Transport, 0 or 2, 2) => NftType.InetService,
        (PayloadBase.Transport, 0, 1) => NftType.IcmpType,
        (PayloadBase.Link, 0 or 6, 6) => NftType.EtherAddress,
        (PayloadBase.Link, 12, 2) => NftType.EtherType,
        _ => null,
    };
}
