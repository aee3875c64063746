using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.NodeLifecycle;

/// <summary>
/// When a node was last heard of, by this process's own clock: the time at which its lease or its status was seen to change. The times that
/// the node writes are only compared with each other, so clocks may differ.
/// </summary>
/// <param name="HeardAt">When.</param>
/// <param name="LeaseRenewed">The lease's renewTime then.</param>
/// <param name="Heartbeat">The Ready condition's lastHeartbeatTime then.</param>
internal sealed record NodeHealth(DateTimeOffset HeardAt, DateTimeOffset? LeaseRenewed, DateTimeOffset? Heartbeat)
{
    /// <summary>What is known after another look. Pure.</summary>
    public static NodeHealth Look(NodeHealth? before, Node node, Lease? lease, DateTimeOffset now)
    {
        var renewed = lease?.Spec.RenewTime;
        var heartbeat = Conditions.Find(node.Status.Conditions, "Ready")?.LastHeartbeatTime;
        return before is null || renewed != before.LeaseRenewed || (heartbeat is not null && heartbeat != before.Heartbeat)
            ? new(now, renewed, heartbeat)
            : before;
    }
}
