namespace Podwire.Ruleset;

/// <summary>Something that is known of a packet beside its bytes.</summary>
public sealed record Meta(MetaKey Key) : Expression
{
    /// <summary><c>meta mark</c>.</summary>
    public static Meta Mark { get; } = new(MetaKey.Mark);

    /// <summary><c>meta l4proto</c>.</summary>
    public static Meta L4proto { get; } = new(MetaKey.L4proto);

    /// <summary><c>meta nfproto</c>.</summary>
    public static Meta Nfproto { get; } = new(MetaKey.Nfproto);

    /// <summary><c>iifname</c>.</summary>
    public static Meta Iifname { get; } = new(MetaKey.Iifname);

    /// <summary><c>oifname</c>.</summary>
    public static Meta Oifname { get; } = new(MetaKey.Oifname);

    /// <inheritdoc/>
    public override NftType? Type => Key switch
    {
        MetaKey.Protocol => NftType.EtherType,
        MetaKey.Mark => NftType.Mark,
        MetaKey.Iif or MetaKey.Oif => NftType.InterfaceIndex,
        MetaKey.Iifname or MetaKey.Oifname => NftType.InterfaceName,
        MetaKey.Nfproto => NftType.Nfproto,
        MetaKey.L4proto => NftType.InetProtocol,
        MetaKey.Pkttype => NftType.PacketType,
        _ => null,
    };
}
