namespace Podwire.Ruleset;

/// <summary>Writes expressions in the syntax of nft(8).</summary>
internal static class ExpressionText
{
    public static string Write(Expression expression, bool icmpv6 = false) => expression switch
    {
        Payload payload => Payload(payload, icmpv6),
        Meta meta => Meta(meta.Key),
        Ct ct => ct.Direction is { } direction
            ? $"ct {(direction == CtDirection.Original ? "original" : "reply")} {Ct(ct.Key)}"
            : $"ct {Ct(ct.Key)}",
        Fib fib => $"fib {FibFlags(fib.Flags)} {fib.Result switch { FibResult.Oif => "oif", FibResult.Oifname => "oifname", _ => "type" }}",
        Numgen numgen => $"numgen {(numgen.Random ? "random" : "inc")} mod {numgen.Modulus}{Offset(numgen.Offset)}",
        Jhash hash => $"jhash {Write(hash.Input)} mod {hash.Modulus}{(hash.Seed is { } seed ? $" seed 0x{seed:x}" : string.Empty)}{Offset(hash.Offset)}",
        Bitwise bitwise => Bitwise(bitwise),
        Concat concat => string.Join(" . ", concat.Parts.Select(part => Write(part))),
        MapLookup lookup => $"{Write(lookup.Key)} map {SetText.Reference(lookup.Map)}",
        Constant constant => $"0x{constant.Value}",
        _ => throw new NotSupportedException(expression.GetType().Name),
    };

    private static string Offset(uint offset) => offset == 0 ? string.Empty : $" offset {offset}";

    private static string Payload(Payload payload, bool icmpv6) => (payload.Base, payload.Offset, payload.Length) switch
    {
        (PayloadBase.Network, 12, 4) => "ip saddr",
        (PayloadBase.Network, 16, 4) => "ip daddr",
        (PayloadBase.Network, 9, 1) => "ip protocol",
        (PayloadBase.Network, 8, 16) => "ip6 saddr",
        (PayloadBase.Network, 24, 16) => "ip6 daddr",
        (PayloadBase.Network, 6, 1) => "ip6 nexthdr",
        (PayloadBase.Transport, 0, 2) => "th sport",
        (PayloadBase.Transport, 2, 2) => "th dport",
        (PayloadBase.Transport, 0, 1) => icmpv6 ? "icmpv6 type" : "icmp type",
        (PayloadBase.Link, 0, 6) => "ether daddr",
        (PayloadBase.Link, 6, 6) => "ether saddr",
        (PayloadBase.Link, 12, 2) => "ether type",
        _ => $"@{payload.Base switch { PayloadBase.Link => "ll", PayloadBase.Network => "nh", _ => "th" }},{payload.Offset * 8},{payload.Length * 8}",
    };

    public static string Meta(MetaKey key) => key switch
    {
        MetaKey.Iif => "iif",
        MetaKey.Oif => "oif",
        MetaKey.Iifname => "iifname",
        MetaKey.Oifname => "oifname",
        MetaKey.Protocol => "meta protocol",
        MetaKey.Mark => "meta mark",
        MetaKey.Nfproto => "meta nfproto",
        MetaKey.L4proto => "meta l4proto",
        MetaKey.Pkttype => "meta pkttype",
        _ => $"meta {(int)key}",
    };

    public static string Ct(CtKey key) => key switch
    {
        CtKey.State => "state",
        CtKey.Direction => "direction",
        CtKey.Status => "status",
        CtKey.Mark => "mark",
        CtKey.Protocol => "protocol",
        CtKey.ProtoSrc => "proto-src",
        CtKey.ProtoDst => "proto-dst",
        CtKey.IpSaddr => "ip saddr",
        CtKey.IpDaddr => "ip daddr",
        CtKey.Ip6Saddr => "ip6 saddr",
        CtKey.Ip6Daddr => "ip6 daddr",
        _ => $"{(int)key}",
    };

    private static string FibFlags(FibFlags flags)
    {
        var words = new List<string>();
        Span<(FibFlags Flag, string Word)> known = [(Ruleset.FibFlags.Saddr, "saddr"), (Ruleset.FibFlags.Daddr, "daddr"), (Ruleset.FibFlags.Mark, "mark"), (Ruleset.FibFlags.Iif, "iif"), (Ruleset.FibFlags.Oif, "oif")];
        foreach (var (flag, word) in known)
        {
            if ((flags & flag) != 0)
            {
                words.Add(word);
            }
        }

        return string.Join(" . ", words);
    }

    private static string Bitwise(Bitwise bitwise)
    {
        var value = Write(bitwise.Value);
        var (mask, xor) = (bitwise.Mask.ToUInt32(), bitwise.Xor.ToUInt32());
        if (bitwise.Mask.Length != 4 || bitwise.Type is not { Order: NftTypeOrder.Host })
        {
            return $"{value} & 0x{bitwise.Mask}";
        }

        return (mask, xor) switch
        {
            (_, 0) => $"{value} & 0x{mask:x8}",
            (uint.MaxValue, _) => $"{value} ^ 0x{xor:x8}",
            _ when mask == ~xor => $"{value} | 0x{xor:x8}",
            _ => $"{value} & 0x{mask:x8} ^ 0x{xor:x8}",
        };
    }
}
