namespace Podwire.Ruleset;

/// <summary>Appends a rule to a chain.</summary>
public sealed record AddRule(TableId Table, string Chain, Rule Rule) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"rule of chain {Table} {Chain}";
}
