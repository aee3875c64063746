using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// Nodes and the pods on them, as the watches report them, and on top of that the pods just placed whose binding the watch has not shown yet.
/// A placed pod counts from the moment it is assumed until it is seen on a node, gone, or forgotten because its binding was refused; so
/// no stale view can place more on a node than fits. Thread-safe.
/// </summary>
internal sealed class SchedulerCache
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, NodeState> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> places = new(StringComparer.Ordinal);
    private readonly HashSet<string> assumed = new(StringComparer.Ordinal);

    /// <summary>Takes a node as the watch shows it.</summary>
    public void SetNode(Node node)
    {
        lock (gate)
        {
            State(node.Metadata.Name).SetNode(node);
        }
    }

    /// <summary>Forgets a node; its pods still count should it come back.</summary>
    public void RemoveNode(string name)
    {
        lock (gate)
        {
            State(name).SetNode(null);
            Tidy(name);
        }
    }

    /// <summary>Takes a pod as the watch shows it: on a node, not on one, or ended.</summary>
    public void SetPod(Pod pod)
    {
        lock (gate)
        {
            var uid = Uid(pod);
            if (PodFacts.HasEnded(pod))
            {
                Take(uid);
            }
            else if (PodFacts.IsBound(pod))
            {
                Take(uid);
                Put(pod, pod.Spec.NodeName!);
            }
        }
    }

    /// <summary>Takes a pod that the watch shows gone.</summary>
    public void RemovePod(Pod pod)
    {
        lock (gate)
        {
            Take(Uid(pod));
        }
    }

    /// <summary>True if the pod is on a node, or assumed to be.</summary>
    public bool IsPlaced(Pod pod)
    {
        lock (gate)
        {
            return places.ContainsKey(Uid(pod));
        }
    }

    /// <summary>Decides where a pod goes and, if somewhere, assumes it there, in one step.</summary>
    public Placement Place(Pod pod, Func<string, IReadOnlyDictionary<string, string>> namespaceLabels)
    {
        lock (gate)
        {
            var placement = Placement.Decide(new PodDemand(pod), nodes.Values, namespaceLabels);
            if (placement.Node is { } node)
            {
                Put(pod, node);
                assumed.Add(Uid(pod));
            }

            return placement;
        }
    }

    /// <summary>Gives back the place of a pod whose binding was refused; one that the watch has shown since stays.</summary>
    public void Forget(Pod pod)
    {
        lock (gate)
        {
            if (assumed.Contains(Uid(pod)))
            {
                Take(Uid(pod));
            }
        }
    }

    private static string Uid(Pod pod) => pod.Metadata.Uid ?? PodFacts.Key(pod);

    private NodeState State(string name)
    {
        if (!nodes.TryGetValue(name, out var state))
        {
            nodes[name] = state = new();
        }

        return state;
    }

    private void Put(Pod pod, string node)
    {
        State(node).Add(new PodDemand(pod));
        places[Uid(pod)] = node;
    }

    private void Take(string uid)
    {
        assumed.Remove(uid);
        if (places.Remove(uid, out var node))
        {
            State(node).Remove(uid);
            Tidy(node);
        }
    }

    private void Tidy(string name)
    {
        if (nodes.TryGetValue(name, out var state) && state.Node is null && state.Pods.Count == 0)
        {
            nodes.Remove(name);
        }
    }
}
