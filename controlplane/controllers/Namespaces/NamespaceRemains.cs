using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Namespaces;

/// <summary>What still keeps a namespace from going, and how that reads in its conditions.</summary>
/// <param name="missing">API groups whose resources could not be discovered.</param>
internal sealed class NamespaceRemains(IReadOnlyList<string> missing)
{
    private readonly SortedDictionary<string, int> content = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> finalizers = new(StringComparer.Ordinal);
    private readonly List<string> failures = [];
    private long grace;

    /// <summary>True if nothing does.</summary>
    public bool IsNothing => missing.Count == 0 && failures.Count == 0 && content.Count == 0;

    /// <summary>When to look again: pods that end gracefully take their time, the rest goes at once.</summary>
    public TimeSpan Wait => TimeSpan.FromSeconds(Math.Clamp(grace / 2.0, 0.25, 15));

    /// <summary>Counts the objects of a resource that are left.</summary>
    public void Count(ApiResourceInfo resource, IReadOnlyCollection<RawObject> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        content[resource.Id] = items.Count;
        grace = Math.Max(grace, items.Max(item => item.Metadata.DeletionGracePeriodSeconds ?? 0));
        foreach (var finalizer in items.SelectMany(item => item.Metadata.Finalizers))
        {
            finalizers[finalizer] = finalizers.GetValueOrDefault(finalizer) + 1;
        }
    }

    /// <summary>Takes note that a resource could not be emptied.</summary>
    public void Fail(ApiResourceInfo resource, string message) => failures.Add($"{resource.Id}: {message}");

    /// <summary>The five conditions of a namespace being deleted (core/v1 NamespaceConditionType).</summary>
    public IEnumerable<Condition> Conditions(DateTimeOffset now)
    {
        yield return New("NamespaceDeletionDiscoveryFailure", missing.Count > 0, "DiscoveryFailed", "ResourcesDiscovered",
            $"Discovery failed for some groups, {missing.Count} failing: {string.Join(", ", missing)}", "All resources successfully discovered", now);
        yield return New("NamespaceDeletionGroupVersionParsingFailure", false, string.Empty, "ParsedGroupVersions", string.Empty, "All legacy kube types successfully parsed", now);
        yield return New("NamespaceDeletionContentFailure", failures.Count > 0, "ContentDeletionFailed", "ContentDeleted",
            $"Failed to delete all resource types, {failures.Count} remaining: {string.Join("; ", failures)}", "All content successfully deleted, may be waiting on finalization", now);
        yield return New("NamespaceContentRemaining", content.Count > 0, "SomeResourcesRemain", "ContentRemoved",
            $"Some resources are remaining: {string.Join(", ", content.Select(pair => $"{pair.Key} has {pair.Value} resource instances"))}", "All content successfully removed", now);
        yield return New("NamespaceFinalizersRemaining", finalizers.Count > 0, "SomeFinalizersRemain", "ContentHasNoFinalizers",
            $"Some content in the namespace has finalizers remaining: {string.Join(", ", finalizers.Select(pair => $"{pair.Key} in {pair.Value} resource instances"))}", "All content-preserving finalizers finished", now);
    }

    private static Condition New(string type, bool isTrue, string reason, string otherwise, string message, string wellMessage, DateTimeOffset now) => new()
    {
        Type = type,
        Status = isTrue ? "True" : "False",
        Reason = isTrue ? reason : otherwise,
        Message = isTrue ? message : wellMessage,
        LastTransitionTime = now,
    };
}
