namespace Podwire.Ruleset;

/// <summary>Deletes a table with all it holds; ENOENT if there is none.</summary>
public sealed record DeleteTable(TableId Table) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"table {Table}";
}
