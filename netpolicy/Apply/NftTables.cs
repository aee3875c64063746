using Microsoft.Extensions.Logging;
using Podwire.NetPolicy.Compile;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Apply;

/// <summary>
/// The back end nftables: one table for each family. A change is one transaction of what differs; so is a repair, so that no packet meets half of it.
/// </summary>
internal sealed class NftTables(INftables nft, bool keepEstablished, ILogger logger, Func<NftMonitor>? openMonitor = null, uint ownPort = 0, AnswerPath answers = AnswerPath.Log) : IPolicyTables
{
    /// <summary>The back end's name.</summary>
    public const string BackendName = "nftables";

    // The CNI plugin's part of the agreement: see TableSchema.Pending.
    private const string Plugin = "podwire-policy";

    /// <summary>Elements in one transaction of a first load, before which nothing was policed: about 60 ms of the kernel's commit lock.</summary>
    private const int ElementsAtOnce = 20_000;

    private const int Attempts = 5;
    private static readonly TableId[] Ours = [TableSchema.V4.Id, TableSchema.V6.Id];
    private uint known = nft.GetGeneration();

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    public TableSettings Settings { get; } = new(keepEstablished, Answers: answers);

    /// <inheritdoc/>
    /// <exception cref="NftException">The kernel refused; nothing was changed.</exception>
    public SyncOutcome Apply(PolicyModel model, TableChange change)
    {
        var batch = change.ToBatch();
        if (batch.IsEmpty)
        {
            return default;
        }

        Commit(batch, null);
        return new(1, batch.ElementCount, batch.Operations.Count);
    }

    /// <inheritdoc/>
    public SyncOutcome Repair(PolicyModel model)
    {
        var desired = Array.ConvertAll(TableSchema.All, model.ToTable);
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
                batch.Add(actual is null ? FirstLoad.Of(table) : RulesetDiff.Between(actual, table));
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

    /// <inheritdoc/>
    public string Plan(PolicyModel model)
    {
        var batch = new NftBatch();
        foreach (var schema in TableSchema.All)
        {
            batch.Add(RulesetDiff.Between(nft.ReadTable(schema.Id), model.ToTable(schema)));
        }

        return NftText.Write(batch);
    }

    /// <inheritdoc/>
    public bool MayHaveChanged() => nft.GetGeneration() != known;

    /// <inheritdoc/>
    public int? Fingerprint() => null;

    /// <inheritdoc/>
    public bool IsPresent() => Array.Exists(Ours, id => nft.ReadTable(id) is not null);

    /// <inheritdoc/>
    public void Remove()
    {
        var batch = new NftBatch();
        foreach (var id in Ours)
        {
            batch.Add(RulesetDiff.Removing(id));
        }

        nft.Apply(batch);
    }

    /// <inheritdoc/>
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

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    public void EnsurePending(PolicyModel empty)
    {
        var batch = new NftBatch();
        foreach (var schema in TableSchema.All)
        {
            if (nft.ReadTable(schema.Id) is not { } there)
            {
                batch.Add(FirstLoad.Of(empty.ToTable(schema)));
            }
            else if (!there.Chains.Any(static chain => chain.Base is not null))
            {
                // A first load that was sent in parts.
                batch.Add(RulesetDiff.Replacing(empty.ToTable(schema)));
            }
        }

        if (!batch.IsEmpty)
        {
            Commit(batch, null);
        }
    }

    /// <inheritdoc/>
    public Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel) => new NftChangeWatch(
        openMonitor!(),
        change =>
        {
            if (change.PortId == ownPort || !IsOurs(change))
            {
                return;
            }

            if (change.ThreadName == Plugin)
            {
                unsure();
            }
            else
            {
                PolicyLog.ForeignChange(logger, change.ThreadName, change.ThreadId, change.Generation);
                foreign(change.ThreadName);
            }
        },
        unsure).RunAsync(cancel);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The socket is the kernel's.
    }

    private static bool IsOurs(NftChange change)
    {
        foreach (var table in change.Tables)
        {
            if (Array.IndexOf(Ours, table) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private void Commit(NftBatch batch, uint? generation)
    {
        nft.Apply(batch, generation);
        known++;
    }
}
