using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>
/// What the other nodes say of themselves, read once when a node changes: nodes report their health all the time, and what they say of
/// their subnet changes once in a life. Thread-safe.
/// </summary>
internal sealed class LeaseTable(string self, IReadOnlyList<IpFamily> families, FlannelAnnotations names)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private HashSet<string> changed = new(StringComparer.Ordinal);

    /// <summary>How many other nodes flannel knows.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>Takes in a change of a node; true if anything here changed. This node itself is left out.</summary>
    public bool Update(ObjectChange<Node> change)
    {
        var name = change.Key.Name;
        if (name == self)
        {
            return false;
        }

        var now = change.New is { } node ? Read(node) : null;
        lock (gate)
        {
            if (Equals(entries.GetValueOrDefault(name), now))
            {
                return false;
            }

            if (now is null)
            {
                entries.Remove(name);
            }
            else
            {
                entries[name] = now;
            }

            changed.Add(name);
            return true;
        }
    }

    /// <summary>The nodes that changed since the last call.</summary>
    public HashSet<string> TakeChanged()
    {
        lock (gate)
        {
            var taken = changed;
            changed = new HashSet<string>(StringComparer.Ordinal);
            return taken;
        }
    }

    /// <summary>All leases of a family.</summary>
    public List<NodeLease> Leases(IpFamily family)
    {
        lock (gate)
        {
            var leases = new List<NodeLease>(entries.Count);
            foreach (var entry in entries.Values)
            {
                if (entry.Of(family) is { } lease)
                {
                    leases.Add(lease);
                }
            }

            return leases;
        }
    }

    /// <summary>One node's lease of a family; null if it has none.</summary>
    public NodeLease? Find(string node, IpFamily family)
    {
        lock (gate)
        {
            return entries.GetValueOrDefault(node)?.Of(family);
        }
    }

    /// <summary>The nodes that say something that cannot be, sorted: each with what.</summary>
    /// <param name="only">Of these nodes; null for all.</param>
    public List<KeyValuePair<string, string>> Problems(IReadOnlyCollection<string>? only = null)
    {
        lock (gate)
        {
            var problems = new List<KeyValuePair<string, string>>();
            foreach (var name in only ?? entries.Keys)
            {
                if (entries.GetValueOrDefault(name)?.Problem is { } problem)
                {
                    problems.Add(KeyValuePair.Create(name, problem));
                }
            }

            problems.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
            return problems;
        }
    }

    /// <summary>Null for a node that is none of flannel's.</summary>
    private Entry? Read(Node node)
    {
        NodeLease? v4 = null, v6 = null;
        string? problem = null;
        foreach (var family in families)
        {
            var lease = NodeLease.TryRead(node, family, names, out var fault);
            problem ??= fault;
            if (family == IpFamily.V4)
            {
                v4 = lease;
            }
            else
            {
                v6 = lease;
            }
        }

        return v4 is null && v6 is null && problem is null ? null : new Entry(v4, v6, problem);
    }

    private sealed record Entry(NodeLease? V4, NodeLease? V6, string? Problem)
    {
        public NodeLease? Of(IpFamily family) => family == IpFamily.V4 ? V4 : V6;
    }
}
