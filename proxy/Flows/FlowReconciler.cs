using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Podwire.Primitives;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Compile;

namespace Podwire.Proxy.Flows;

/// <summary>
/// A UDP client that goes on sending keeps its tracked connection, and so its old endpoint, for ever; TCP finds out by itself.
/// After a commit, the flows to frontends that changed and whose peer is no endpoint of theirs any more are removed, and no others:
/// the next packet is translated anew. One dump per run, and only if such a frontend changed.
/// </summary>
internal sealed class FlowReconciler(IServiceDataPlane plane, IFlowTable flows, ProxyMetrics metrics, ILogger logger)
{
    private static readonly IpProtocol[] Protocols = [IpProtocol.Udp, IpProtocol.Sctp];

    /// <summary>Looks at the frontends that the outcomes name; an outcome without names means all of them.</summary>
    public void Reconcile(IReadOnlyList<SyncOutcome> outcomes)
    {
        var all = outcomes.Any(static outcome => outcome.FlowFrontends is null);
        var changed = new HashSet<FrontendKey>();
        foreach (var outcome in outcomes)
        {
            changed.UnionWith(outcome.FlowFrontends ?? []);
        }

        if (!all && changed.Count == 0)
        {
            return;
        }

        var removed = 0;
        var local = flows.LocalAddresses();
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            if (plane.Frontends(family) is not { } frontends)
            {
                continue;
            }

            var began = Stopwatch.GetTimestamp();
            var before = removed;
            foreach (var protocol in Protocols)
            {
                if (all || changed.Any(key => key.Protocol == protocol && (key.IsNodePort || key.Address.Family == family)))
                {
                    removed += flows.RemoveWhere(family, protocol, flow => IsStale(flow, frontends, all ? null : changed, local));
                }
            }

            metrics.FlowsReconciled(family, removed - before, Stopwatch.GetElapsedTime(began));
        }

        if (removed > 0)
        {
            FlowLog.Removed(logger, removed);
        }
    }

    /// <summary>True if the flow was meant for a frontend and its peer is no endpoint of it.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="frontends">The frontends.</param>
    /// <param name="changed">The frontends to look at; null for all. A frontend that is gone has no endpoints.</param>
    /// <param name="local">The node's addresses, where node ports are.</param>
    internal static bool IsStale(Flow flow, IFrontendIndex frontends, IReadOnlySet<FrontendKey>? changed, IReadOnlySet<IpAddress> local)
    {
        var key = new FrontendKey(flow.Destination.Address, flow.Protocol, flow.Destination.Port);
        var exists = frontends.Contains(key);
        if (!exists && changed?.Contains(key) != true)
        {
            if (!local.Contains(flow.Destination.Address))
            {
                return false;
            }

            key = FrontendKey.NodePort(flow.Protocol, flow.Destination.Port);
            exists = frontends.Contains(key);
        }

        return (changed is null ? exists : changed.Contains(key)) && !frontends.LeadsTo(key, flow.Peer);
    }
}
