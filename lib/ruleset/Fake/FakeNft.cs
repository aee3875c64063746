using System.Collections.Immutable;
using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>
/// An nftables in memory that obeys the kernel's rules (net/netfilter/nf_tables_api.c): all of a batch or nothing, EEXIST, ENOENT,
/// EBUSY for what is still referred to, no overlapping ranges, no loops. It judges no packets. Safe for use by several threads.
/// </summary>
public sealed class FakeNft : INftables
{
    private readonly Lock gate = new();
    private ImmutableDictionary<TableId, FakeTable> tables = ImmutableDictionary<TableId, FakeTable>.Empty;
    private uint generation = 1;

    /// <summary>The batches that took effect, in order.</summary>
    public IReadOnlyList<NftBatch> Applied => applied;

    /// <summary>If set, called before each batch; an error it returns refuses the batch, as a fault would.</summary>
    public Func<NftBatch, Errno>? Fault { get; set; }

    /// <summary>The tables that exist.</summary>
    public IReadOnlyCollection<TableId> Tables => [.. tables.Keys];

    private readonly List<NftBatch> applied = [];

    /// <inheritdoc/>
    public uint GetGeneration()
    {
        lock (gate)
        {
            return generation;
        }
    }

    /// <inheritdoc/>
    public Table? ReadTable(TableId id)
    {
        lock (gate)
        {
            return tables.GetValueOrDefault(id)?.ToTable(id);
        }
    }

    /// <inheritdoc/>
    public void Apply(NftBatch batch, uint? generation = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.IsEmpty)
        {
            return;
        }

        lock (gate)
        {
            if (generation is { } expected && expected != this.generation)
            {
                throw new NftException(Errno.ERESTART, null, $"generation {this.generation}, not {expected}");
            }

            if (Fault?.Invoke(batch) is { } fault and not Errno.None)
            {
                throw new NftException(fault, batch.Operations[0]);
            }

            // The state is immutable, so that a refused batch leaves the old one in place.
            var next = tables;
            foreach (var operation in batch.Operations)
            {
                next = Apply(next, operation);
            }

            foreach (var table in next.Values)
            {
                table.CheckLoops(batch.Operations[^1]);
            }

            tables = next;
            this.generation++;
            applied.Add(batch);
        }
    }

    private static ImmutableDictionary<TableId, FakeTable> Apply(ImmutableDictionary<TableId, FakeTable> tables, NftOperation operation)
    {
        var id = operation.Table;
        if (operation is AddTable add)
        {
            return tables.ContainsKey(id) ? tables : tables.Add(id, new FakeTable { Comment = add.Comment });
        }

        if (!tables.TryGetValue(id, out var table))
        {
            throw new NftException(Errno.ENOENT, operation);
        }

        return operation is DeleteTable ? tables.Remove(id) : tables.SetItem(id, table.Apply(operation));
    }
}
