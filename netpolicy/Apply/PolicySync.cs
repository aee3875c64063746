using Microsoft.Extensions.Logging;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Apply;

/// <summary>
/// Keeps the tables of both families in the kernel like the model. In the ordinary case a snapshot becomes one transaction of what changed. At the
/// start, after a failure and after somebody else's change the tables are read back, and the differences go in one transaction, so that no packet
/// meets half of them.
/// </summary>
internal sealed class PolicySync(INftables nft, string node, TableSettings settings, ILogger logger)
{
    /// <summary>Elements in one transaction of a first load, before which nothing was policed: about 60 ms of the kernel's commit lock.</summary>
    private const int ElementsAtOnce = 20_000;

    private const int Attempts = 5;

    private PolicyModel? model;
    private bool isVerified;
    private uint known = nft.GetGeneration();
    private int foreign;
    private int suspected;

    /// <summary>The model; null until the first snapshot.</summary>
    public PolicyModel? Model => model;

    /// <summary>True if the next snapshot must name everything.</summary>
    public bool NeedsEverything => model is null;

    /// <summary>Somebody else changed one of the tables: the next synchronisation reads them back. Any thread.</summary>
    public void ForeignChange() => Interlocked.Exchange(ref foreign, 1);

    /// <summary>Somebody else may have changed something: the next synchronisation asks for the generation. Any thread.</summary>
    public void Suspect() => Interlocked.Exchange(ref suspected, 1);

    /// <summary>Takes in a snapshot (null: nothing changed) and brings the kernel up to it.</summary>
    /// <param name="snapshot">What changed.</param>
    /// <param name="repaired">True if others' changes were undone by it.</param>
    /// <exception cref="NftException">The kernel refused; the model is right all the same, and the next call repairs.</exception>
    public SyncOutcome Sync(PolicySnapshot? snapshot, out bool repaired)
    {
        repaired = false;
        var isForeign = Interlocked.Exchange(ref foreign, 0) != 0;
        var isSuspected = Interlocked.Exchange(ref suspected, 0) != 0;
        if (model is null)
        {
            if (snapshot is null)
            {
                return default;
            }

            var first = new PolicyModel(node, settings);
            first.Absorb(snapshot);
            model = first;
            return Repair();
        }

        var change = snapshot is null ? null : model.Apply(snapshot);
        if (isForeign || (isSuspected && nft.GetGeneration() != known))
        {
            isVerified = false;
        }

        if (!isVerified)
        {
            var outcome = Repair();
            repaired = isForeign && outcome.Batches > 0;
            if (repaired)
            {
                PolicyLog.Repaired(logger, outcome.Elements);
            }

            return outcome;
        }

        var batch = change?.ToBatch();
        if (batch is null || batch.IsEmpty)
        {
            return default;
        }

        isVerified = false;
        Commit(batch, null);
        isVerified = true;
        return new(1, batch.ElementCount, batch.Operations.Count);
    }

    /// <summary>What would be sent for a snapshot that names everything, without sending it.</summary>
    public NftBatch Plan(PolicySnapshot snapshot)
    {
        var planned = new PolicyModel(node, settings);
        planned.Absorb(snapshot);
        var batch = new NftBatch();
        foreach (var schema in TableSchema.All)
        {
            batch.Add(RulesetDiff.Between(nft.ReadTable(schema.Id), planned.ToTable(schema)));
        }

        return batch;
    }

    /// <summary>Removes the tables.</summary>
    public void Remove()
    {
        var batch = new NftBatch();
        foreach (var schema in TableSchema.All)
        {
            batch.Add(RulesetDiff.Removing(schema.Id));
        }

        nft.Apply(batch);
        (model, isVerified) = (null, false);
    }

    /// <summary>Addresses that the CNI plugin put aside because nobody could say what their policies are.</summary>
    public List<IpAddress> ReadPending()
    {
        var found = new List<IpAddress>();
        foreach (var schema in TableSchema.All)
        {
            foreach (var element in nft.ReadTable(schema.Id)?.FindSet(TableSchema.PendingName)?.Elements ?? [])
            {
                if (IpAddress.TryFromBytes(element.Key.Span, out var address))
                {
                    found.Add(address);
                }
            }
        }

        return found;
    }

    /// <summary>Puts addresses aside, or lets go of them.</summary>
    public void SetPending(IReadOnlyCollection<IpAddress> addresses, bool isPending)
    {
        var batch = new NftBatch();
        foreach (var schema in TableSchema.All)
        {
            var found = new List<SetElement>();
            foreach (var address in addresses)
            {
                if (address.Family == schema.Family)
                {
                    found.Add(SetElement.Of(NftScalar.Address(address)));
                }
            }

            SetElement[] elements = [.. found];
            _ = isPending ? batch.AddElements(schema.Id, schema.Pending, elements) : batch.DeleteElements(schema.Id, schema.Pending, elements);
        }

        if (!batch.IsEmpty)
        {
            Commit(batch, null);
        }
    }

    private SyncOutcome Repair()
    {
        isVerified = false;
        var desired = TableSchema.All.Select(model!.ToTable).ToArray();
        for (var attempt = 1; ; attempt++)
        {
            // The generation is read first: a change in between makes the batch stale rather than wrong.
            var before = nft.GetGeneration();
            var batch = new NftBatch();
            var isFirst = true;
            foreach (var table in desired)
            {
                var actual = nft.ReadTable(table.Id);
                isFirst &= actual is null;
                batch.Add(RulesetDiff.Between(actual, table));
            }

            try
            {
                var count = 0;
                foreach (var part in isFirst && batch.ElementCount > ElementsAtOnce ? batch.Split(ElementsAtOnce) : [batch])
                {
                    if (!part.IsEmpty)
                    {
                        Commit(part, count == 0 && attempt < Attempts ? before : null);
                        count++;
                    }
                }

                known = nft.GetGeneration();
                isVerified = true;
                if (isFirst)
                {
                    PolicyLog.Loaded(logger, batch.ElementCount, count);
                }
                else
                {
                    PolicyLog.Verified(logger, batch.ElementCount, batch.Operations.Count);
                }

                return new(count, batch.ElementCount, batch.Operations.Count);
            }
            catch (NftException e) when (e.IsStale && attempt < Attempts)
            {
                // Somebody was quicker: compare again.
            }
        }
    }

    private void Commit(NftBatch batch, uint? generation)
    {
        nft.Apply(batch, generation);
        known++;
    }
}
