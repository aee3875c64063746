using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Nodes;

/// <summary>The node object as this kubelet wants it. Pure.</summary>
internal static class NodeBuilder
{
    /// <summary>The labels every kubelet sets, and those of --node-labels.</summary>
    public static Dictionary<string, string> Labels(KubeletOptions options)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["beta.kubernetes.io/arch"] = NodeFacts.Architecture,
            ["beta.kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = NodeFacts.Architecture,
            ["kubernetes.io/hostname"] = options.NodeName,
            ["kubernetes.io/os"] = "linux",
        };
        foreach (var (name, value) in options.NodeLabels)
        {
            labels[name] = value;
        }

        return labels;
    }

    /// <summary>A node that does not exist yet.</summary>
    public static Node New(KubeletOptions options, NodeStatus status) => new()
    {
        Metadata = { Name = options.NodeName, Labels = Labels(options) },
        Spec = { Taints = [.. options.Taints] },
        Status = status,
    };

    /// <summary>The status; times of conditions that did not change are kept.</summary>
    /// <param name="options">Name, addresses and port.</param>
    /// <param name="facts">The machine.</param>
    /// <param name="before">The conditions told before.</param>
    /// <param name="networkProblem">Why no pod can get a network; null if one can.</param>
    /// <param name="now">The time.</param>
    public static NodeStatus Status(KubeletOptions options, NodeFacts facts, IReadOnlyList<Condition> before, string? networkProblem, DateTimeOffset now)
    {
        var status = new NodeStatus
        {
            Capacity = new(facts.Capacity),
            Allocatable = new(facts.Capacity),
            Addresses = [.. options.NodeIPs.Select(ip => new NodeAddress { Type = "InternalIP", Address = ip }), new() { Type = "Hostname", Address = options.NodeName }],
            NodeInfo = facts.Info,
        };
        if (options.Port > 0)
        {
            status.DaemonEndpoints = new() { KubeletEndpoint = new() { Port = options.Port } };
        }

        status.Conditions =
        [
            networkProblem is null
                ? new() { Type = "Ready", Status = "True", Reason = "KubeletReady", Message = "kubelet is posting ready status" }
                : new() { Type = "Ready", Status = "False", Reason = "KubeletNotReady", Message = $"container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:{networkProblem}" },
        ];
        foreach (var condition in status.Conditions)
        {
            var same = before.FirstOrDefault(one => one.Type == condition.Type);
            condition.LastHeartbeatTime = now;
            condition.LastTransitionTime = same?.Status == condition.Status ? same.LastTransitionTime ?? now : now;
        }

        status.Conditions.AddRange(before.Where(one => one.Type != "Ready"));
        return status;
    }
}
