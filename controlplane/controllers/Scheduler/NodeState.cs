using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>A node with the pods on it, those only assumed to be there included. Not thread-safe; <see cref="SchedulerCache"/> guards it.</summary>
internal sealed class NodeState
{
    private readonly Dictionary<string, PodDemand> pods = new(StringComparer.Ordinal);

    /// <summary>The node; null while pods name one that is not known (yet).</summary>
    public Node? Node { get; private set; }

    /// <summary>What the node has to give.</summary>
    public ResourceAmounts Allocatable { get; private set; } = new();

    /// <summary>The sum of the pods' requests.</summary>
    public ResourceAmounts Used { get; private set; } = new();

    /// <summary>The sum of what the pods count for in scoring: processor time.</summary>
    public long ScoredCpu { get; private set; }

    /// <summary>The sum of what the pods count for in scoring: memory.</summary>
    public long ScoredMemory { get; private set; }

    /// <summary>The pods.</summary>
    public IReadOnlyCollection<PodDemand> Pods => pods.Values;

    /// <summary>True if any pod has required anti-affinity.</summary>
    public bool HasAntiAffinity { get; private set; }

    /// <summary>Sets or, with null, removes the node itself.</summary>
    public void SetNode(Node? node)
    {
        Node = node;
        Allocatable = node is null ? new() : ResourceAmounts.Of(node.Status.Allocatable.Count > 0 ? node.Status.Allocatable : node.Status.Capacity);
    }

    /// <summary>Adds a pod, or replaces it.</summary>
    public void Add(PodDemand pod)
    {
        pods[pod.Uid] = pod;
        Sum();
    }

    /// <summary>Removes a pod.</summary>
    public void Remove(string uid)
    {
        if (pods.Remove(uid))
        {
            Sum();
        }
    }

    private void Sum()
    {
        Used = new();
        ScoredCpu = ScoredMemory = 0;
        HasAntiAffinity = false;
        foreach (var pod in pods.Values)
        {
            Used.Add(pod.Requests);
            ScoredCpu += pod.ScoredCpu;
            ScoredMemory += pod.ScoredMemory;
            HasAntiAffinity |= pod.AntiAffinity.Count > 0;
        }
    }
}
