using Podwire.Proxy.Apply;
using Podwire.Proxy.Flows;
using Podwire.Proxy.Health;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch;

namespace Podwire.Proxy;

/// <summary>
/// The table of contents: what the watches brought becomes a snapshot, the snapshot becomes the data plane's model, the difference
/// becomes transactions, and once they are committed the flows that lead to endpoints no longer there are removed.
/// Run by a reconcile loop: never twice at a time, again after a failure.
/// </summary>
internal sealed class ProxyLoop(ServiceFeed feed, ProxyState state, IServiceDataPlane plane, FlowReconciler flows, HealthCheckNodePorts nodePorts, Action<ServiceRecord, string> problem, ProxyHealth health, ModeSwitch modes)
{
    /// <summary>One run.</summary>
    public async Task RunOnceAsync(CancellationToken cancel)
    {
        if (!feed.HasSynced)
        {
            return;
        }

        var began = health.Begin(state.PendingCount);
        var snapshot = state.Take(everything: plane.NeedsEverything);
        IReadOnlyList<SyncOutcome> outcomes;
        try
        {
            outcomes = plane.Sync(snapshot, snapshot?.Node ?? state.Node);
            flows.Reconcile(outcomes);
        }
        finally
        {
            // Where the kernel refused, too: this snapshot does not come again, and the model has it.
            if (snapshot is not null)
            {
                plane.TellLostClaims(snapshot, problem);
                await nodePorts.UpdateAsync(snapshot, cancel).ConfigureAwait(false);
            }
        }

        health.Done(began, snapshot, outcomes);
        modes.Complete(state.Node);
    }
}
