using Podwire.NetPolicy.Compile;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Apply;

/// <summary>
/// What holds the rules in the kernel: one implementation for each back end, all fed by one model. One thread at a time, but for
/// <see cref="WatchAsync"/>.
/// </summary>
internal interface IPolicyTables : IDisposable
{
    /// <summary>As <c>--backend</c> names it.</summary>
    string Name { get; }

    /// <summary>What the model's rules have to be compiled with.</summary>
    TableSettings Settings { get; }

    /// <summary>Sends what changed.</summary>
    /// <param name="model">The model, with the change in it.</param>
    /// <param name="change">The change.</param>
    /// <exception cref="Exception">The kernel refused: <see cref="Repair"/> is to follow.</exception>
    SyncOutcome Apply(PolicyModel model, TableChange change);

    /// <summary>Reads everything back and sends what differs.</summary>
    SyncOutcome Repair(PolicyModel model);

    /// <summary>What <see cref="Repair"/> would send, as text.</summary>
    string Plan(PolicyModel model);

    /// <summary>True unless it is certain that nobody else changed anything since the last call of this back end.</summary>
    bool MayHaveChanged();

    /// <summary>
    /// A number that changes when somebody adds or takes away what the kernel does not announce; null where it announces everything. Cheap. Any thread.
    /// </summary>
    int? Fingerprint();

    /// <summary>True if the kernel holds anything that <see cref="Remove"/> would remove.</summary>
    bool IsPresent();

    /// <summary>Removes everything that this back end ever leaves in the kernel. No harm if there is nothing.</summary>
    void Remove();

    /// <summary>Addresses that are put aside: nothing reaches them.</summary>
    List<IpAddress> ReadPending();

    /// <summary>Puts addresses aside, or lets go of them.</summary>
    void SetPending(IReadOnlyCollection<IpAddress> addresses, bool isPending);

    /// <summary>Sees to it that packets meet the addresses that are put aside, where nothing of ours is in force. What is in force stays.</summary>
    /// <param name="empty">A model without anything in it.</param>
    void EnsurePending(PolicyModel empty);

    /// <summary>Tells of what others do to the rules, until cancelled.</summary>
    /// <param name="foreign">Called, on any thread, with a name for whoever changed our rules.</param>
    /// <param name="unsure">Called, on any thread, when something may have been missed.</param>
    /// <param name="cancel">Ends it.</param>
    Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel);
}
