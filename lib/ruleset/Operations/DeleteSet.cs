namespace Podwire.Ruleset;

/// <summary>Deletes a set or a map with its elements. EBUSY while a rule refers to it.</summary>
public sealed record DeleteSet(TableId Table, string Set) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"set {Table} {Set}";
}
