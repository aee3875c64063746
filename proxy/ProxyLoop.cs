using Podwire.Proxy.Apply;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Config;
using Podwire.Proxy.Flows;
using Podwire.Proxy.Health;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch;

namespace Podwire.Proxy;

/// <summary>
/// The table of contents: what the watches brought becomes a snapshot, the snapshot becomes the tables' models, the difference
/// becomes transactions, and once they are committed the flows that lead to endpoints no longer there are removed.
/// Run by a reconcile loop: never twice at a time, again after a failure.
/// </summary>
internal sealed class ProxyLoop(ProxyOptions options, ServiceFeed feed, ProxyState state, NodeTables tables, FlowReconciler flows, HealthCheckNodePorts nodePorts, Action<ServiceRecord, string> problem, ProxyHealth health)
{
    /// <summary>One run.</summary>
    public async Task RunOnceAsync(CancellationToken cancel)
    {
        if (!feed.HasSynced)
        {
            return;
        }

        var began = health.Begin(state.PendingCount);
        var snapshot = state.Take(everything: tables.NeedEverything);
        var outcomes = tables.Sync(snapshot, family => TableSettings.Of(options, snapshot?.Node ?? state.Node, family));
        flows.Reconcile(outcomes);
        if (snapshot is not null)
        {
            tables.TellLostClaims(snapshot, problem);
            await nodePorts.UpdateAsync(snapshot, cancel).ConfigureAwait(false);
        }

        health.Done(began, snapshot, outcomes);
    }
}
