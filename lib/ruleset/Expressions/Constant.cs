namespace Podwire.Ruleset;

/// <summary>A constant; how it is written in text depends on where it is used.</summary>
public sealed record Constant(NftData Value) : Expression
{
    /// <inheritdoc/>
    public override NftType? Type => null;
}
