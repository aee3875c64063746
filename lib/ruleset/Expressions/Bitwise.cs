namespace Podwire.Ruleset;

/// <summary><c>(value &amp; Mask) ^ Xor</c>, the one form in which the kernel does and, or and xor with constants.</summary>
public sealed record Bitwise(Expression Value, NftData Mask, NftData Xor) : Expression
{
    /// <inheritdoc/>
    public override NftType? Type => Value.Type;

    /// <summary><c>value &amp; mask</c>.</summary>
    public static Bitwise And(Expression value, uint mask) => new(value, NftData.Integer(mask), NftData.Integer(0));

    /// <summary><c>value | bits</c>.</summary>
    public static Bitwise Or(Expression value, uint bits) => new(value, NftData.Integer(~bits), NftData.Integer(bits));

    /// <summary><c>value ^ bits</c>.</summary>
    public static Bitwise ExclusiveOr(Expression value, uint bits) => new(value, NftData.Integer(uint.MaxValue), NftData.Integer(bits));

    /// <summary><c>value &amp; mask</c> over bytes.</summary>
    public static Bitwise And(Expression value, NftData mask) => new(value, mask, NftData.FromBytes(new byte[mask.Length]));
}
