namespace Podwire.Ruleset;

/// <summary>Adds elements. EEXIST if a key is there already with another value, ENOENT if a verdict names no chain. Of <paramref name="Set"/> only the declaration is used.</summary>
public sealed record AddElements(TableId Table, SetObject Set, ReadOnlyMemory<SetElement> Elements) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"elements of set {Table} {Set.Name}";
}
