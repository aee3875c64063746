namespace Podwire.Ruleset;

/// <summary>Adds a set or a map without its elements; one that is there already must be of the same declaration.</summary>
public sealed record AddSet(TableId Table, SetObject Set) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"set {Table} {Set.Name}";
}
