namespace Podwire.Ruleset;

/// <summary>The value that a data map holds for a key. A packet whose key is not there leaves the rule.</summary>
public sealed record MapLookup(Expression Key, SetReference Map) : Expression
{
    /// <inheritdoc/>
    public override NftType? Type => null;
}
