using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// Finds the entries whose selector matches a pod without looking at all of them: entries are kept by namespace (or by the selector of
/// namespaces, which is evaluated once for each namespace and not for each pod), and there by a label that the selector asks for.
/// </summary>
internal sealed class SelectorIndex<T>
    where T : notnull
{
    private readonly Dictionary<string, Scope> byName = [];
    private readonly Dictionary<string, Scope> bySelector = [];
    private readonly Dictionary<string, (LabelSet Labels, List<Scope> Scopes)> namespaces = [];

    /// <summary>A namespace's labels as they are now.</summary>
    public void SetNamespace(string ns, LabelSet labels) =>
        namespaces[ns] = (labels, [.. bySelector.Values.Where(scope => scope.Namespaces!.Matches(labels))]);

    /// <summary>A namespace without pods and without an object.</summary>
    public void RemoveNamespace(string ns) => namespaces.Remove(ns);

    /// <summary>Adds an entry.</summary>
    public void Add(PeerSelector selector, T entry)
    {
        var scope = ScopeOf(selector);
        if (selector.Pods.Label is { } label)
        {
            if (!scope.ByLabel.TryGetValue((label.Key, label.Value), out var list))
            {
                scope.ByLabel[(label.Key, label.Value)] = list = [];
            }

            list.Add((selector.Pods, entry));
        }
        else
        {
            scope.Rest.Add((selector.Pods, entry));
        }
    }

    /// <summary>Removes an entry that was added with the same selector.</summary>
    public void Remove(PeerSelector selector, T entry)
    {
        var scope = ScopeOf(selector);
        if (selector.Pods.Label is { } label)
        {
            var list = scope.ByLabel[(label.Key, label.Value)];
            list.RemoveAll(one => one.Entry.Equals(entry) && one.Pods.Equals(selector.Pods));
            if (list.Count == 0)
            {
                scope.ByLabel.Remove((label.Key, label.Value));
            }
        }
        else
        {
            scope.Rest.RemoveAll(one => one.Entry.Equals(entry) && one.Pods.Equals(selector.Pods));
        }

        if (scope.ByLabel.Count == 0 && scope.Rest.Count == 0)
        {
            if (selector.Namespace is not null)
            {
                byName.Remove(selector.Namespace);
            }
            else
            {
                bySelector.Remove(selector.Namespaces!.Text);
                foreach (var (_, scopes) in namespaces.Values)
                {
                    scopes.Remove(scope);
                }
            }
        }
    }

    /// <summary>The entries that match a pod, in no order.</summary>
    public void Find(string ns, LabelSet labels, List<T> into)
    {
        if (byName.TryGetValue(ns, out var own))
        {
            own.Find(labels, into);
        }

        foreach (var scope in namespaces[ns].Scopes)
        {
            scope.Find(labels, into);
        }
    }

    private Scope ScopeOf(PeerSelector selector)
    {
        if (selector.Namespace is { } name)
        {
            return byName.TryGetValue(name, out var named) ? named : byName[name] = new(null);
        }

        if (!bySelector.TryGetValue(selector.Namespaces!.Text, out var scope))
        {
            bySelector[selector.Namespaces.Text] = scope = new(selector.Namespaces);
            foreach (var (labels, scopes) in namespaces.Values)
            {
                if (selector.Namespaces.Matches(labels))
                {
                    scopes.Add(scope);
                }
            }
        }

        return scope;
    }

    private sealed class Scope(LabelQuery? namespaces)
    {
        public LabelQuery? Namespaces { get; } = namespaces;

        public Dictionary<(string Key, string Value), List<(LabelQuery Pods, T Entry)>> ByLabel { get; } = [];

        public List<(LabelQuery Pods, T Entry)> Rest { get; } = [];

        public void Find(LabelSet labels, List<T> into)
        {
            if (ByLabel.Count > 0)
            {
                foreach (var (key, value) in labels.Pairs)
                {
                    if (ByLabel.TryGetValue((key, value), out var list))
                    {
                        Take(list, labels, into);
                    }
                }
            }

            Take(Rest, labels, into);
        }

        private static void Take(List<(LabelQuery Pods, T Entry)> list, LabelSet labels, List<T> into)
        {
            foreach (var (pods, entry) in list)
            {
                if (pods.Matches(labels))
                {
                    into.Add(entry);
                }
            }
        }
    }
}
