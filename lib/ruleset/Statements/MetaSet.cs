namespace Podwire.Ruleset;

/// <summary>Writes the packet's mark (or another writable key): <c>meta mark set meta mark | 0x4000</c>.</summary>
public sealed record MetaSet(MetaKey Key, Expression Value) : Statement
{
    /// <summary><c>meta mark set meta mark | bits</c>.</summary>
    public static MetaSet MarkOr(uint bits) => new(MetaKey.Mark, Bitwise.Or(Meta.Mark, bits));

    /// <summary><c>meta mark set meta mark ^ bits</c>.</summary>
    public static MetaSet MarkXor(uint bits) => new(MetaKey.Mark, Bitwise.ExclusiveOr(Meta.Mark, bits));

    /// <summary><c>meta mark set meta mark &amp; bits</c>.</summary>
    public static MetaSet MarkAnd(uint bits) => new(MetaKey.Mark, Bitwise.And(Meta.Mark, bits));
}
