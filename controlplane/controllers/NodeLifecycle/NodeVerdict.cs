using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.NodeLifecycle;

/// <summary>What the health of one node calls for.</summary>
/// <param name="Conditions">Conditions to set, or none.</param>
/// <param name="Taints">All taints that the node is to have, but for NoExecute ones for not being ready.</param>
/// <param name="Evicting">The NoExecute taint that its state calls for; null for a ready node, and for one that has not told its state yet.</param>
/// <param name="IsReady">True for a ready node.</param>
internal sealed record NodeVerdict(IReadOnlyList<Condition> Conditions, IReadOnlyList<Taint> Taints, Taint? Evicting, bool IsReady)
{
    private static readonly string[] Kept = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

    private static readonly Dictionary<string, string> ByCondition = new(StringComparer.Ordinal)
    {
        ["MemoryPressure"] = "node.kubernetes.io/memory-pressure",
        ["DiskPressure"] = "node.kubernetes.io/disk-pressure",
        ["PIDPressure"] = "node.kubernetes.io/pid-pressure",
        ["NetworkUnavailable"] = "node.kubernetes.io/network-unavailable",
    };

    /// <summary>Judges a node. Pure; the taints follow from the conditions as they are to be, not only as they are.</summary>
    public static NodeVerdict Compile(Node node, NodeHealth health, NodeLifecycleOptions options, DateTimeOffset now)
    {
        var set = Silent(node, health, options, now);
        var conditions = set.Aggregate(node.Status.Conditions, (all, condition) => Runtime.Conditions.With(all, condition));
        var ready = Runtime.Conditions.Find(conditions, "Ready")?.Status;
        var wanted = new List<string>();
        if (ready != "True")
        {
            wanted.Add(ready is null or "False" ? Runtime.Taints.NotReady : Runtime.Taints.Unreachable);
        }

        wanted.AddRange(ByCondition.Where(pair => Runtime.Conditions.IsTrue(conditions, pair.Key)).Select(pair => pair.Value));
        if (node.Spec.Unschedulable == true)
        {
            wanted.Add(Runtime.Taints.Unschedulable);
        }

        var taints = node.Spec.Taints.Where(taint => !IsOurs(taint) || (taint.Effect == Runtime.Taints.NoSchedule && wanted.Contains(taint.Key))).ToList();
        taints.AddRange(wanted
            .Where(key => !taints.Exists(taint => taint.Key == key && taint.Effect == Runtime.Taints.NoSchedule))
            .Select(key => new Taint { Key = key, Effect = Runtime.Taints.NoSchedule, TimeAdded = now }));
        var evicting = ready is null or "True" ? null : new Taint { Key = wanted[0], Effect = Runtime.Taints.NoExecute, TimeAdded = now };
        return new(set, taints, evicting, ready == "True");
    }

    /// <summary>The node's present NoExecute taint for not being ready, or null.</summary>
    public static Taint? PresentEvicting(Node node) =>
        node.Spec.Taints.Find(taint => taint.Effect == Runtime.Taints.NoExecute && taint.Key is (Runtime.Taints.NotReady or Runtime.Taints.Unreachable));

    private static bool IsOurs(Taint taint) => taint.Effect switch
    {
        Runtime.Taints.NoSchedule => taint.Key is Runtime.Taints.NotReady or Runtime.Taints.Unreachable or Runtime.Taints.Unschedulable || ByCondition.ContainsValue(taint.Key),
        Runtime.Taints.NoExecute => taint.Key is Runtime.Taints.NotReady or Runtime.Taints.Unreachable,
        _ => false,
    };

    private static List<Condition> Silent(Node node, NodeHealth health, NodeLifecycleOptions options, DateTimeOffset now)
    {
        var isNew = Runtime.Conditions.Find(node.Status.Conditions, "Ready") is null;
        if (now <= health.HeardAt + (isNew ? options.StartupGrace : options.Grace))
        {
            return [];
        }

        var set = new List<Condition>();
        foreach (var type in Kept)
        {
            var present = Runtime.Conditions.Find(node.Status.Conditions, type);
            if (present?.Status != "Unknown")
            {
                set.Add(new()
                {
                    Type = type,
                    Status = "Unknown",
                    Reason = present is null ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
                    Message = present is null ? "Kubelet never posted node status." : "Kubelet stopped posting node status.",
                    LastHeartbeatTime = present?.LastHeartbeatTime ?? (present is null ? node.Metadata.CreationTimestamp : null),
                    LastTransitionTime = now,
                });
            }
        }

        return set;
    }
}
