namespace Podwire.Ruleset;

/// <summary>Deletes all rules of a chain.</summary>
public sealed record FlushChain(TableId Table, string Chain) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"rules of chain {Table} {Chain}";
}
