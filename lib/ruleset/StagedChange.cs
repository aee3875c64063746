namespace Podwire.Ruleset;

/// <summary>
/// A change as up to three transactions, so that no packet meets half of it. The kernel switches to a new generation at once, but a packet
/// on its way reads the rules of the generation that it began with and looks up elements in the newest one (net/netfilter/nf_tables_core.c,
/// nft_do_chain; nft_genmask_cur): it must find a chain that an element leads to already filled, and a value that it was told of just before still there.
/// </summary>
public sealed class StagedChange
{
    /// <summary>First: what nothing leads to yet, such as new chains with their rules.</summary>
    public NftBatch Ahead { get; } = new();

    /// <summary>The change itself.</summary>
    public NftBatch Change { get; } = new();

    /// <summary>Last: values that nothing leads to any more.</summary>
    public NftBatch Behind { get; } = new();

    /// <summary>
    /// Changes the elements of a set: those that go, then those that come (one key may be both). What a packet may have been told to look up, the
    /// elements of a data map, goes <see cref="Behind"/>, unless its key has another value from now on.
    /// </summary>
    public void Elements(TableId table, SetObject set, ReadOnlySpan<SetElement> removed, ReadOnlySpan<SetElement> added)
    {
        ArgumentNullException.ThrowIfNull(set);
        // Ranges that come may overlap ranges that go: those change in one piece.
        if (removed.IsEmpty || set is not NftMap { IsVerdictMap: false, IsInterval: false })
        {
            Change.DeleteElements(table, set, removed).AddElements(table, set, added);
            return;
        }

        var stays = new HashSet<NftData>(added.Length);
        foreach (var element in added)
        {
            stays.Add(element.Key);
        }

        var replaced = new List<SetElement>(added.Length);
        var spent = new List<SetElement>();
        foreach (var element in removed)
        {
            (stays.Contains(element.Key) ? replaced : spent).Add(element);
        }

        Change.DeleteElements(table, set, [.. replaced]).AddElements(table, set, added);
        Behind.DeleteElements(table, set, [.. spent]);
    }

    /// <summary>The transactions that have something to do, in order.</summary>
    public IEnumerable<NftBatch> ToBatches()
    {
        foreach (var batch in (NftBatch[])[Ahead, Change, Behind])
        {
            if (!batch.IsEmpty)
            {
                yield return batch;
            }
        }
    }
}
