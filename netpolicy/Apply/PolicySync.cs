using Microsoft.Extensions.Logging;
using Podwire.Iptables;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;
using Podwire.Netlink;
using Podwire.Primitives;
using Podwire.Ruleset;

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
    private readonly HashSet<IpAddress> closed = [];

    // Until everything was in force once, and after somebody else's change, there is no telling whose rules the kernel has.
    private bool isAnythingInForce;
    private bool areAside = true;
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

    /// <summary>Addresses of this node that are put aside, since the kernel has no room for their rules.</summary>
    public int ClosedCount => closed.Count;

    /// <summary>Called when addresses were put aside, with their number and what the kernel said.</summary>
    public event Action<int, string>? Closed;

    /// <summary>
    /// As <see cref="SyncOnce"/>. Where the kernel has no room for more, the pods that the change is about, whosever change it is, are put aside until it is in force: nothing
    /// reaches them, and they reach nothing. Of a first load, and of a repair of what others changed, those are all that a policy selects.
    /// </summary>
    /// <param name="snapshot">What changed.</param>
    /// <param name="repaired">True if others' changes were undone by it.</param>
    /// <exception cref="Exception">The kernel refused; the model is right all the same, and the next call repairs.</exception>
    public SyncOutcome Sync(PolicySnapshot? snapshot, out bool repaired)
    {
        TableChange? change = null;
        try
        {
            var outcome = SyncOnce(snapshot, ref change, out repaired);
            if (closed.Count > 0)
            {
                tables.SetPending(closed, isPending: false);
                closed.Clear();
                areAside = true;
            }

            return outcome;
        }
        catch (Exception e) when (IsFull(e) && model is not null)
        {
            Close(isAnythingInForce ? change is null ? [] : model.Touched(change) : model.Policed, e.Message);
            throw;
        }
    }

    /// <summary>Takes in a snapshot (null: nothing changed) and brings the kernel up to it.</summary>
    /// <param name="snapshot">What changed.</param>
    /// <param name="change">What that changes, once it is known.</param>
    /// <param name="repaired">True if others' changes were undone by it.</param>
    /// <exception cref="Exception">The kernel refused; the model is right all the same, and the next call repairs.</exception>
    private SyncOutcome SyncOnce(PolicySnapshot? snapshot, ref TableChange? change, out bool repaired)
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

        change = snapshot is null ? null : model.Apply(snapshot);
        isAnythingInForce &= !isForeign;
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
        var (current, changed) = (model, change);
        var sent = Counted(() => tables.Apply(current, changed));
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

    // ipset's own (enum ipset_errno): IPSET_ERR_MAX_SETS, IPSET_ERR_HASH_FULL.
    private const int TooManySets = 4099;
    private const int SetIsFull = 4352;

    private static bool IsFull(Exception e) => e switch
    {
        NftException nft => IsFull(nft.Errno),
        NetlinkException netlink => IsFull(netlink.Errno),
        IptablesException iptables => iptables.IsFull,
        _ => false,
    };

    private static bool IsFull(Errno errno) => errno is Errno.ENFILE or Errno.ENOSPC or Errno.ENOMEM or Errno.E2BIG || (int)errno is TooManySets or SetIsFull;

    private void Close(List<IpAddress> addresses, string reason)
    {
        addresses.RemoveAll(closed.Contains);
        if (addresses.Count == 0 && areAside)
        {
            return;
        }

        if (addresses.Count > 0)
        {
            closed.UnionWith(addresses);
            PolicyLog.NoRoom(logger, addresses.Count, reason);
            Closed?.Invoke(addresses.Count, reason);
        }

        areAside = false;
        try
        {
            if (!isAnythingInForce)
            {
                tables.EnsurePending(new(node, tables.Settings));
            }

            tables.SetPending(closed, isPending: true);
            areAside = true;
        }
        catch (Exception e) when (e is NftException or NetlinkException or IptablesException)
        {
            // Not even for that: pods that begin wait for us, and those that are there keep the rules that they had. The next run tries again.
            PolicyLog.NoRoom(logger, closed.Count, e.Message);
        }
    }

    private SyncOutcome Repair()
    {
        isVerified = false;
        var outcome = Counted(() => tables.Repair(model!));
        isVerified = isAnythingInForce = true;
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
