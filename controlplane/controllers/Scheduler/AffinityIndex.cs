using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// What the pods that are already placed mean for one pod: the topology domains (label and value of nodes) that affinity terms ask for, and
/// those that they forbid. Built once per pod, then asked per node. Pure.
/// </summary>
internal sealed class AffinityIndex
{
    private readonly PodDemand demand;
    private readonly HashSet<(string Key, string Value)> forbiddenByOthers = [];
    private readonly HashSet<(string Key, string Value)> forbiddenByOwn = [];
    private readonly HashSet<(string Key, string Value)> attracting = [];
    private readonly Dictionary<(string Key, string Value), long> preference = [];
    private bool isFirst;

    private AffinityIndex(PodDemand demand) => this.demand = demand;

    /// <summary>Builds the index.</summary>
    /// <param name="demand">The pod to place.</param>
    /// <param name="nodes">Known nodes with their pods.</param>
    /// <param name="namespaceLabels">The labels of a namespace.</param>
    public static AffinityIndex Build(PodDemand demand, IReadOnlyList<NodeState> nodes, Func<string, IReadOnlyDictionary<string, string>> namespaceLabels)
    {
        var index = new AffinityIndex(demand);
        var preferred = index.Preferred().ToList();
        var looksAtAll = demand.Affinity.Count + demand.AntiAffinity.Count + preferred.Count > 0;
        foreach (var state in nodes)
        {
            if (!looksAtAll && !state.HasAntiAffinity)
            {
                continue;
            }

            foreach (var other in state.Pods)
            {
                index.Count(state.Node!, other, preferred, namespaceLabels);
            }
        }

        index.isFirst = index.attracting.Count == 0 && demand.Affinity.All(term => term.Selects(demand.Pod, demand.Pod, namespaceLabels));
        return index;
    }

    /// <summary>The reasons against a node.</summary>
    public IReadOnlyList<string> Reasons(Node node)
    {
        var labels = node.Metadata.Labels;
        if (demand.Affinity.Any(term => !labels.TryGetValue(term.TopologyKey, out var value) || !(isFirst || attracting.Contains((term.TopologyKey, value)))))
        {
            return ["node(s) didn't match pod affinity rules"];
        }

        if (demand.AntiAffinity.Any(term => labels.TryGetValue(term.TopologyKey, out var value) && forbiddenByOwn.Contains((term.TopologyKey, value))))
        {
            return ["node(s) didn't match pod anti-affinity rules"];
        }

        return forbiddenByOthers.Any(domain => labels.TryGetValue(domain.Key, out var value) && value == domain.Value)
            ? ["node(s) didn't satisfy existing pods anti-affinity rules"]
            : [];
    }

    /// <summary>The sum of the weights of preferred terms that speak for a node, less those that speak against it.</summary>
    public long Preference(Node node) =>
        preference.Sum(pair => node.Metadata.Labels.TryGetValue(pair.Key.Key, out var value) && value == pair.Key.Value ? pair.Value : 0);

    private IEnumerable<(AffinityTerm Term, int Weight)> Preferred()
    {
        var affinity = demand.Pod.Spec.Affinity;
        foreach (var term in affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            yield return (new AffinityTerm(term.PodAffinityTerm), term.Weight);
        }

        foreach (var term in affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            yield return (new AffinityTerm(term.PodAffinityTerm), -term.Weight);
        }
    }

    private void Count(Node node, PodDemand other, List<(AffinityTerm Term, int Weight)> preferred, Func<string, IReadOnlyDictionary<string, string>> namespaceLabels)
    {
        foreach (var term in other.AntiAffinity)
        {
            if (term.Selects(other.Pod, demand.Pod, namespaceLabels))
            {
                Add(forbiddenByOthers, node, term);
            }
        }

        foreach (var term in demand.AntiAffinity)
        {
            if (term.Selects(demand.Pod, other.Pod, namespaceLabels))
            {
                Add(forbiddenByOwn, node, term);
            }
        }

        // A pod attracts only if all terms select it (upstream's podMatchesAllAffinityTerms).
        if (demand.Affinity.Count > 0 && demand.Affinity.All(term => term.Selects(demand.Pod, other.Pod, namespaceLabels)))
        {
            foreach (var term in demand.Affinity)
            {
                Add(attracting, node, term);
            }
        }

        foreach (var (term, weight) in preferred)
        {
            if (node.Metadata.Labels.TryGetValue(term.TopologyKey, out var value) && term.Selects(demand.Pod, other.Pod, namespaceLabels))
            {
                preference[(term.TopologyKey, value)] = preference.GetValueOrDefault((term.TopologyKey, value)) + weight;
            }
        }
    }

    private static void Add(HashSet<(string Key, string Value)> domains, Node node, AffinityTerm term)
    {
        if (node.Metadata.Labels.TryGetValue(term.TopologyKey, out var value))
        {
            domains.Add((term.TopologyKey, value));
        }
    }
}
