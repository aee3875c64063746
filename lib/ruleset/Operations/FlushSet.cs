namespace Podwire.Ruleset;

/// <summary>Deletes all elements of a set or a map.</summary>
public sealed record FlushSet(TableId Table, string Set) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"elements of set {Table} {Set}";
}
