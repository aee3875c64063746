namespace Podwire.Ruleset;

/// <summary>A set of keys.</summary>
public sealed record NftSet : SetObject
{
    /// <inheritdoc/>
    public override bool SameDeclaration(SetObject other) => other is NftSet && SameKeyDeclaration(other);
}
