namespace Podwire.Ruleset;

/// <summary>Deletes a set or a map with its elements. EBUSY while a rule refers to it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Set">Its name.</param>
/// <param name="IsMap">Whether it is a map, which nft's text has to say; the kernel does not ask.</param>
public sealed record DeleteSet(TableId Table, string Set, bool IsMap = false) : NftOperation(Table)
{
    /// <inheritdoc/>
    public override string Subject => $"set {Table} {Set}";
}
