namespace Podwire.Ruleset;

/// <summary>One change to a table: a message of a batch (or several, where a list of elements is long).</summary>
public abstract record NftOperation(TableId Table)
{
    /// <summary>What an error message names: <c>chain ip podwire services</c>.</summary>
    public abstract string Subject { get; }
}
