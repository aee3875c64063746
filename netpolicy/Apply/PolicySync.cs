using Microsoft.Extensions.Logging;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy.Apply;

/// <summary>
/// Keeps the kernel like the model. In the ordinary case a snapshot becomes a change, which is sent. At the start, after a failure and after
/// somebody else's change everything is read back, and the differences are sent.
/// </summary>
internal sealed class PolicySync(IPolicyTables tables, string node, ILogger logger)
{
    private PolicyModel? model;
    private bool isVerified;
    private int foreign;
    private int suspected;
    private long runs;
    private volatile object? fingerprint;

    /// <summary>The model; null until the first snapshot.</summary>
    public PolicyModel? Model => model;

    /// <summary>The back end.</summary>
    public IPolicyTables Tables => tables;

    /// <summary>True if somebody changed what the kernel does not announce, as far as counting shows it. Cheap. Any thread.</summary>
    public bool HasDrifted()
    {
        var (run, before) = (Interlocked.Read(ref runs), (int?)fingerprint);
        // While something is sent there is nothing to compare with.
        return before is not null && tables.Fingerprint() != before && Interlocked.Read(ref runs) == run;
    }

    /// <summary>True if the next snapshot must name everything.</summary>
    public bool NeedsEverything => model is null;

    /// <summary>Somebody else changed one of the tables: the next synchronisation reads them back. Any thread.</summary>
    public void ForeignChange() => Interlocked.Exchange(ref foreign, 1);

    /// <summary>Somebody else may have changed something: the next synchronisation finds out. Any thread.</summary>
    public void Suspect() => Interlocked.Exchange(ref suspected, 1);

    /// <summary>Takes in a snapshot (null: nothing changed) and brings the kernel up to it.</summary>
    /// <param name="snapshot">What changed.</param>
    /// <param name="repaired">True if others' changes were undone by it.</param>
    /// <exception cref="Exception">The kernel refused; the model is right all the same, and the next call repairs.</exception>
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

            var first = new PolicyModel(node, tables.Settings);
            first.Absorb(snapshot);
            model = first;
            return Repair();
        }

        var change = snapshot is null ? null : model.Apply(snapshot);
        if (isForeign || (isSuspected && tables.MayHaveChanged()))
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

        if (change is null)
        {
            return default;
        }

        isVerified = false;
        var sent = Counted(() => tables.Apply(model, change));
        isVerified = true;
        return sent;
    }

    /// <summary>What would be sent for a snapshot that names everything, as text, without sending it.</summary>
    public string Plan(PolicySnapshot snapshot)
    {
        var planned = new PolicyModel(node, tables.Settings);
        planned.Absorb(snapshot);
        return tables.Plan(planned);
    }

    private SyncOutcome Repair()
    {
        isVerified = false;
        var outcome = Counted(() => tables.Repair(model!));
        isVerified = true;
        return outcome;
    }

    private SyncOutcome Counted(Func<SyncOutcome> send)
    {
        fingerprint = null;
        Interlocked.Increment(ref runs);
        var outcome = send();
        fingerprint = tables.Fingerprint();
        return outcome;
    }
}
