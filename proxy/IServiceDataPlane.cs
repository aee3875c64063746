using Podwire.Primitives;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;

namespace Podwire.Proxy;

/// <summary>
/// What directs the traffic of Services on this node: one implementation for each <see cref="ProxyMode"/>, made by <see cref="ServiceDataPlanes"/>.
/// One thread at a time, but for what says otherwise.
/// </summary>
internal interface IServiceDataPlane : IDisposable
{
    /// <summary>The mode.</summary>
    ProxyMode Mode { get; }

    /// <summary>True if the next snapshot must name every Service: at the start, and after a failure that left no model.</summary>
    bool NeedsEverything { get; }

    /// <summary>
    /// Brings the kernel up to a snapshot: at the start and after a failure or a change by others it compares everything, else it sends what changed.
    /// A run without a snapshot checks whether others changed anything, and repairs. The outcomes name the frontends whose flows are to be looked at.
    /// </summary>
    /// <param name="snapshot">The Services that changed; null if none did.</param>
    /// <param name="node">The node as it is now.</param>
    /// <exception cref="Exception">The kernel refused. The model is right all the same: the next call repairs, or <see cref="NeedsEverything"/>.</exception>
    IReadOnlyList<SyncOutcome> Sync(ProxySnapshot? snapshot, NodeState node);

    /// <summary>The frontends of a family, for flows; null before the first synchronisation.</summary>
    IFrontendIndex? Frontends(IpFamily family);

    /// <summary>Tells of every frontend that a changed Service asked for and an older one has.</summary>
    void TellLostClaims(ProxySnapshot snapshot, Action<ServiceRecord, string> problem);

    /// <summary>What <see cref="Sync"/> would send for a snapshot that names every Service, as text.</summary>
    string Plan(ProxySnapshot snapshot);

    /// <summary>
    /// Follows what others do to the rules, from after the first synchronisation until cancelled. What it finds it remembers for the next
    /// <see cref="Sync"/>, which repairs.
    /// </summary>
    /// <param name="foreign">Called, on any thread, with a name for whoever changed our rules; the caller asks for a run.</param>
    /// <param name="unsure">Called, on any thread, when something may have been missed; the caller asks for a run.</param>
    /// <param name="cancel">Ends it.</param>
    Task WatchAsync(Action<string> foreign, Action unsure, CancellationToken cancel);

    /// <summary>Says that the kernel may hold something else than the model: the next <see cref="Sync"/> compares everything.</summary>
    void Distrust();

    /// <summary>True if the kernel holds anything that <see cref="Remove"/> would remove.</summary>
    bool IsPresent();

    /// <summary>
    /// Removes what kube-proxy's same mode left beside the rules of this one, once these stand; true if there was anything. Where both use the same names
    /// there never is: the first synchronisation made them its own.
    /// </summary>
    bool RemovePredecessor() => false;

    /// <summary>Removes everything that this mode ever leaves in the kernel, and what kube-proxy's same mode leaves. No harm if there is nothing.</summary>
    /// <remarks>
    /// With a successor, what open connections need stays: the caller asks again later while <see cref="IsPresent"/> says so.
    /// </remarks>
    /// <param name="successor">The mode that has taken over and whose rules stay, where both use the same names; null at --cleanup.</param>
    void Remove(ProxyMode? successor);
}
