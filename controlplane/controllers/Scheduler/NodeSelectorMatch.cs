using System.Globalization;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>Node selectors against a node's labels and name. Pure. An operator or field that is not known matches nothing.</summary>
internal static class NodeSelectorMatch
{
    /// <summary>True if spec.nodeSelector and the required node affinity both accept the node.</summary>
    public static bool Accepts(PodSpec spec, Node node)
    {
        foreach (var (key, value) in spec.NodeSelector)
        {
            if (!node.Metadata.Labels.TryGetValue(key, out var has) || has != value)
            {
                return false;
            }
        }

        return spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not { } required
            || required.NodeSelectorTerms.Exists(term => Accepts(term, node));
    }

    /// <summary>True if every requirement of the term holds; a term without any accepts no node.</summary>
    public static bool Accepts(NodeSelectorTerm term, Node node) =>
        term.MatchExpressions.Count + term.MatchFields.Count > 0
        && term.MatchExpressions.TrueForAll(requirement => Holds(requirement, node.Metadata.Labels.GetValueOrDefault(requirement.Key)))
        && term.MatchFields.TrueForAll(requirement => requirement.Key == "metadata.name" && Holds(requirement, node.Metadata.Name));

    private static bool Holds(NodeSelectorRequirement requirement, string? value) => requirement.Operator switch
    {
        "In" => value is not null && requirement.Values.Contains(value),
        "NotIn" => value is null || !requirement.Values.Contains(value),
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Numbers(requirement, value, out var left, out var right) && left > right,
        "Lt" => Numbers(requirement, value, out var left, out var right) && left < right,
        _ => false,
    };

    private static bool Numbers(NodeSelectorRequirement requirement, string? value, out long left, out long right)
    {
        right = 0;
        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out left)
            && requirement.Values.Count == 1
            && long.TryParse(requirement.Values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out right);
    }
}
