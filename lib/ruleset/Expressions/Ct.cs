namespace Podwire.Ruleset;

/// <summary>Something that is known of a packet's connection.</summary>
public sealed record Ct(CtKey Key, CtDirection? Direction = null) : Expression
{
    /// <summary><c>ct state</c>.</summary>
    public static Ct State { get; } = new(CtKey.State);

    /// <summary><c>ct status</c>.</summary>
    public static Ct Status { get; } = new(CtKey.Status);

    /// <summary><c>ct mark</c>.</summary>
    public static Ct Mark { get; } = new(CtKey.Mark);

    /// <inheritdoc/>
    public override NftType? Type => Key switch
    {
        CtKey.State => NftType.CtState,
        CtKey.Direction => NftType.CtDirection,
        CtKey.Status => NftType.CtStatus,
        CtKey.Mark => NftType.Mark,
        CtKey.Protocol => NftType.InetProtocol,
        CtKey.ProtoSrc or CtKey.ProtoDst => NftType.InetService,
        CtKey.IpSaddr or CtKey.IpDaddr => NftType.Ipv4Address,
        CtKey.Ip6Saddr or CtKey.Ip6Daddr => NftType.Ipv6Address,
        _ => null,
    };
}
