namespace Podwire.Ruleset;

/// <summary>A number from <paramref name="Offset"/> to <paramref name="Offset"/> + <paramref name="Modulus"/> - 1, random or counting up.</summary>
public sealed record Numgen(uint Modulus, bool Random = true, uint Offset = 0) : Expression
{
    /// <inheritdoc/>
    public override NftType Type => NftType.Integer;
}
