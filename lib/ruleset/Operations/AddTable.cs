namespace Podwire.Ruleset;

/// <summary>Adds a table; one that is there already is left as it is.</summary>
public sealed record AddTable(TableId Table, string? Comment = null) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"table {Table}";
}
