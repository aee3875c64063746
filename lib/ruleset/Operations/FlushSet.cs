namespace Podwire.Ruleset;

/// <summary>Deletes all elements of a set or a map.</summary>
/// <param name="Table">The table.</param>
/// <param name="Set">Its name.</param>
/// <param name="IsMap">Whether it is a map, which nft's text has to say; the kernel does not ask.</param>
public sealed record FlushSet(TableId Table, string Set, bool IsMap = false) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"elements of set {Table} {Set}";
}
