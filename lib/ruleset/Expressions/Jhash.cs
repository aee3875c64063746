namespace Podwire.Ruleset;

/// <summary>Jenkins' hash of <paramref name="Input"/>, from <paramref name="Offset"/> to <paramref name="Offset"/> + <paramref name="Modulus"/> - 1.</summary>
/// <param name="Input">What is hashed; a concatenation is.</param>
/// <param name="Modulus">How many values, at least 1.</param>
/// <param name="Seed">A fixed seed; null lets the kernel choose one.</param>
/// <param name="Offset">The first value.</param>
public sealed record Jhash(Expression Input, uint Modulus, uint? Seed = null, uint Offset = 0) : Expression
{
    /// <inheritdoc/>
    public override NftType Type => NftType.Integer;
}
