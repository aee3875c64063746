namespace Podwire.Ruleset;

/// <summary>Deletes a chain. EBUSY while a rule or an element refers to it; rules of its own go with it.</summary>
public sealed record DeleteChain(TableId Table, string Chain) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"chain {Table} {Chain}";
}
