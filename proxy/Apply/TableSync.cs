using Microsoft.Extensions.Logging;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Apply;

/// <summary>
/// Keeps the table of one family in the kernel like its model. In the ordinary case a snapshot becomes one transaction (two where slots are spent) of what
/// changed. At the start, after a failure and after somebody else's change the table is read back, and only differences are sent.
/// </summary>
internal sealed class TableSync(INftables nft, GenerationWatch generations, IpFamily family, ILogger logger)
{
    /// <summary>Elements in one transaction of a first load: about 60 ms of the kernel's commit lock on the machine it was measured on.</summary>
    private const int ElementsAtOnce = 20_000;

    private const int Attempts = 5;

    private readonly TableId id = TableSchema.Of(family).Id;
    private TableModel? model;
    private bool isVerified;
    private (ProxySnapshot Snapshot, Task<TableModel> Model)? early;
    private int elementsAtOnce = ElementsAtOnce;

    /// <summary>The family.</summary>
    public IpFamily Family => family;

    /// <summary>The model; null until the first snapshot.</summary>
    public TableModel? Model => model;

    /// <summary>True if the kernel is believed to hold what the model says, so that the next synchronisation sends changes alone.</summary>
    public bool IsVerified => isVerified;

    /// <summary>True if the next snapshot must name every Service.</summary>
    public bool NeedsEverything => model is null;

    /// <summary>Says that the kernel may hold something else than the model: the next synchronisation reads it back.</summary>
    public void Distrust() => isVerified = false;

    /// <summary>Takes in a snapshot (null: nothing changed) and brings the kernel up to it.</summary>
    /// <exception cref="NftException">The kernel refused; the model is right all the same, and the next call repairs.</exception>
    public SyncOutcome Sync(ProxySnapshot? snapshot, TableSettings settings)
    {
        if (snapshot is not null && (model is null || !model.Settings.Equals(settings)))
        {
            return Adopt(snapshot, settings);
        }

        if (model is null)
        {
            return SyncOutcome.Nothing;
        }

        var changes = snapshot is null ? [] : model.Apply(snapshot, elementsAtOnce);
        if (!isVerified)
        {
            return Repair();
        }

        isVerified = false;
        var outcome = Commit(changes.SelectMany(static change => change.ToBatches()));
        isVerified = true;
        var flows = new List<FrontendKey>();
        changes.ForEach(change => flows.AddRange(change.FlowFrontends));
        return outcome with { FlowFrontends = flows };
    }

    /// <summary>Begins on another thread with the model of a first snapshot, for a table that the kernel does not have; <see cref="Sync"/> goes on with it.</summary>
    public void Begin(ProxySnapshot snapshot, TableSettings settings) => early = (snapshot, Task.Run(() =>
    {
        var made = new TableModel(settings);
        made.Absorb(snapshot);
        return made;
    }));

    /// <summary>What <see cref="Sync"/> would send for a snapshot that names every Service, without sending it.</summary>
    public IEnumerable<NftBatch> Plan(ProxySnapshot snapshot, TableSettings settings)
    {
        var actual = nft.ReadTable(id);
        var planned = new TableModel(settings, actual is null ? null : ElementCompiler.ReadSlots(actual));
        planned.Absorb(snapshot);
        return RulesetDiff.Stages(actual, planned.ToTable());
    }

    /// <summary>Removes the table.</summary>
    public void Remove()
    {
        try
        {
            nft.Apply(RulesetDiff.Removing(id));
        }
        catch (NftException e) when (e.Errno is Errno.EOPNOTSUPP or Errno.EAFNOSUPPORT)
        {
            // A kernel whose nf_tables lacks the family: there is nothing to remove.
        }

        (model, isVerified) = (null, false);
    }

    /// <summary>The first snapshot: what is there already and right stays, endpoints keep their slots.</summary>
    private SyncOutcome Adopt(ProxySnapshot snapshot, TableSettings settings)
    {
        // If this fails before there is a model again, the next snapshot must name every Service.
        model = null;
        var before = nft.GetGeneration();
        var actual = nft.ReadTable(id);
        var made = actual is null && early?.Snapshot == snapshot ? early?.Model.GetAwaiter().GetResult() : null;
        early = null;
        if (made?.Settings.Equals(settings) != true)
        {
            made = new TableModel(settings, actual is null ? null : ElementCompiler.ReadSlots(actual));
            made.Absorb(snapshot);
        }

        (model, isVerified) = (made, false);
        return actual is null ? Load() : Repair(actual, before);
    }

    private SyncOutcome Load()
    {
        var outcome = Commit(Ahead.Of(model!.Load(elementsAtOnce)));
        isVerified = true;
        ApplyLog.Loaded(logger, id.ToString(), outcome.Elements, outcome.Batches);
        return outcome with { FlowFrontends = null };
    }

    private SyncOutcome Repair(Table? actual = null, uint actualGeneration = 0)
    {
        Table? desired = null;
        for (var attempt = 1; ; attempt++)
        {
            // The generation is read first: a change in between makes the batch stale rather than wrong.
            var isGiven = attempt == 1 && actual is not null;
            var before = isGiven ? actualGeneration : nft.GetGeneration();
            var current = isGiven ? actual : nft.ReadTable(id);
            if (current is null)
            {
                return Load();
            }

            var batches = RulesetDiff.Stages(current, desired ??= model!.ToTable());
            try
            {
                return Commit(batches, attempt < Attempts ? before : null);
            }
            catch (NftException e) when (e.IsStale && attempt < Attempts)
            {
                // Somebody was quicker: compare again.
            }
        }
    }

    /// <summary>Commits a difference, in more pieces than it comes in where one would hold the kernel's lock for long.</summary>
    private SyncOutcome Commit(IReadOnlyList<NftBatch> batches, uint? generation)
    {
        int count = 0, elements = 0, operations = 0;
        foreach (var part in batches.SelectMany(batch => batch.Split(elementsAtOnce)))
        {
            Send(part, count == 0 ? generation : null);
            generations.Committed(1);
            count++;
            elements += part.ElementCount;
            operations += part.Operations.Count;
        }

        isVerified = true;
        ApplyLog.Verified(logger, id.ToString(), elements, operations);
        return new(count, elements, null);
    }

    private SyncOutcome Commit(IEnumerable<NftBatch> batches)
    {
        int count = 0, elements = 0;
        foreach (var batch in batches)
        {
            if (batch.IsEmpty)
            {
                continue;
            }

            Send(batch, null);
            generations.Committed(1);
            count++;
            elements += batch.ElementCount;
        }

        return new(count, elements, []);
    }

    private void Send(NftBatch batch, uint? generation)
    {
        try
        {
            nft.Apply(batch, generation);
        }
        catch (NftException e) when (e.Errno == Errno.EMSGSIZE)
        {
            // The send buffer is what it is: the next run compares, and sends less at once.
            elementsAtOnce = Math.Max(1, Math.Min(elementsAtOnce, batch.ElementCount) / 2);
            throw;
        }
    }
}
