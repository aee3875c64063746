using Podwire.Kube.Objects;
using Podwire.Kube.Selectors;

namespace Podwire.Controllers.Scheduler;

/// <summary>A pod affinity or anti-affinity term with its selectors read; one with a malformed selector selects nothing.</summary>
internal sealed class AffinityTerm
{
    private readonly Selector pods;
    private readonly Selector? namespaces;
    private readonly IReadOnlyList<string> named;

    /// <summary>Reads a term.</summary>
    public AffinityTerm(PodAffinityTerm term)
    {
        TopologyKey = term.TopologyKey;
        pods = Read(term.LabelSelector);
        namespaces = term.NamespaceSelector is null ? null : Read(term.NamespaceSelector);
        named = term.Namespaces;
    }

    /// <summary>The label of nodes that makes a domain.</summary>
    public string TopologyKey { get; }

    /// <summary>The required terms.</summary>
    public static IReadOnlyList<AffinityTerm> Of(PodAffinity? affinity) =>
        affinity is null ? [] : [.. affinity.RequiredDuringSchedulingIgnoredDuringExecution.Select(term => new AffinityTerm(term))];

    /// <summary>True if the term of <paramref name="holder"/> selects <paramref name="candidate"/>.</summary>
    public bool Selects(Pod holder, Pod candidate, Func<string, IReadOnlyDictionary<string, string>> namespaceLabels)
    {
        if (!pods.Matches(candidate.Metadata.Labels))
        {
            return false;
        }

        var home = candidate.Metadata.Namespace ?? string.Empty;
        return named.Count == 0 && namespaces is null
            ? home == holder.Metadata.Namespace
            : named.Contains(home) || namespaces?.Matches(namespaceLabels(home)) == true;
    }

    private static Selector Read(LabelSelector? selector)
    {
        try
        {
            return Selector.From(selector);
        }
        catch (FormatException)
        {
            return Selector.Nothing;
        }
    }
}
