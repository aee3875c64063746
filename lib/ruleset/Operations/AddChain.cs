namespace Podwire.Ruleset;

/// <summary>Adds a chain without its rules; of one that is there already only the policy is changed. EEXIST if it differs in type, hook or priority.</summary>
public sealed record AddChain(TableId Table, Chain Chain) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"chain {Table} {Chain.Name}";
}
