namespace Podwire.Ruleset;

/// <summary>Deletes elements by key; ENOENT if a key is not there. Of <paramref name="Set"/> only the declaration is used.</summary>
public sealed record DeleteElements(TableId Table, SetObject Set, ReadOnlyMemory<SetElement> Elements) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"elements of set {Table} {Set.Name}";
}
