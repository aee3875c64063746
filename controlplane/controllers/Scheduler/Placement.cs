namespace Podwire.Controllers.Scheduler;

/// <summary>Where a pod goes.</summary>
/// <param name="Node">The node, or null if none can take it.</param>
/// <param name="Message">Why none can, in kube-scheduler's words; empty otherwise.</param>
internal sealed record Placement(string? Node, string Message)
{
    /// <summary>
    /// Picks the node for a pod: filters, scores, and between equals takes the one with fewer pods, then the first by name. Pure.
    /// </summary>
    /// <param name="demand">The pod.</param>
    /// <param name="nodes">All nodes with their pods.</param>
    /// <param name="namespaceLabels">The labels of a namespace, for affinity terms that select namespaces.</param>
    public static Placement Decide(PodDemand demand, IReadOnlyCollection<NodeState> nodes, Func<string, IReadOnlyDictionary<string, string>> namespaceLabels)
    {
        var known = nodes.Where(node => node.Node is not null).ToList();
        if (known.Count == 0)
        {
            return new(null, "no nodes available to schedule pods");
        }

        var affinity = AffinityIndex.Build(demand, known, namespaceLabels);
        var spread = SpreadConstraint.Of(demand.Pod, known);
        var against = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var fitting = new List<NodeState>();
        foreach (var node in known)
        {
            var reasons = Filters.Reasons(demand, node, affinity, spread);
            foreach (var reason in reasons)
            {
                against[reason] = against.GetValueOrDefault(reason) + 1;
            }

            if (reasons.Count == 0)
            {
                fitting.Add(node);
            }
        }

        if (fitting.Count == 0)
        {
            var texts = against.Select(pair => $"{pair.Value} {pair.Key}").Order(StringComparer.Ordinal);
            return new(null, $"0/{known.Count} nodes are available: {string.Join(", ", texts)}.");
        }

        var scores = Scores.Of(demand, fitting, affinity, spread);
        var best = Enumerable.Range(0, fitting.Count)
            .OrderByDescending(i => scores[i])
            .ThenBy(i => fitting[i].Pods.Count)
            .ThenBy(i => fitting[i].Node!.Metadata.Name, StringComparer.Ordinal)
            .First();
        return new(fitting[best].Node!.Metadata.Name, string.Empty);
    }
}
