using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>All objects by uid, and who depends on whom. Each change tells which objects have to be looked at because of it. Thread-safe.</summary>
internal sealed class GcGraph
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, GcNode> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> dependants = new(StringComparer.Ordinal);
    private readonly HashSet<string> absent = new(StringComparer.Ordinal);

    /// <summary>The number of objects.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return nodes.Count;
            }
        }
    }

    /// <summary>Takes an object's newest version; returns the uids to look at.</summary>
    public IReadOnlyList<string> Set(GcNode node)
    {
        lock (gate)
        {
            nodes.TryGetValue(node.Uid, out var before);
            foreach (var owner in before?.Owners ?? [])
            {
                Unlink(node.Uid, owner.Uid);
            }

            nodes[node.Uid] = node;
            absent.Remove(node.Uid);
            foreach (var owner in node.Owners)
            {
                if (!dependants.TryGetValue(owner.Uid, out var set))
                {
                    dependants[owner.Uid] = set = new(StringComparer.Ordinal);
                }

                set.Add(node.Uid);
            }

            var look = new List<string>();
            if (node.Owners.Count > 0 || node.AwaitsDependants || node.IsOrphaning)
            {
                look.Add(node.Uid);
            }

            if (node.AwaitsDependants && before?.AwaitsDependants != true)
            {
                look.AddRange(dependants.GetValueOrDefault(node.Uid) ?? []);
            }

            // An owner that waits goes on when a dependant has dropped its reference or no longer blocks.
            look.AddRange((before?.Owners ?? []).Select(owner => owner.Uid).Where(Waits));
            return look;
        }
    }

    /// <summary>Takes note that an object is gone; returns the uids to look at.</summary>
    public IReadOnlyList<string> Remove(string uid)
    {
        lock (gate)
        {
            if (!nodes.Remove(uid, out var node))
            {
                return [];
            }

            foreach (var owner in node.Owners)
            {
                Unlink(uid, owner.Uid);
            }

            return [.. dependants.GetValueOrDefault(uid) ?? [], .. node.Owners.Select(owner => owner.Uid).Where(Waits)];
        }
    }

    /// <summary>Takes note that the API server has no object with this uid; uids are never given again.</summary>
    public void MarkAbsent(string uid)
    {
        lock (gate)
        {
            if (absent.Count >= 10_000)
            {
                absent.Clear();
            }

            absent.Add(uid);
        }
    }

    /// <summary>An object and its dependants; false if it is not known.</summary>
    public bool TryGet(string uid, out GcNode node, out IReadOnlyList<GcNode> itsDependants)
    {
        lock (gate)
        {
            itsDependants = [];
            if (!nodes.TryGetValue(uid, out node!))
            {
                return false;
            }

            itsDependants = [.. (dependants.GetValueOrDefault(uid) ?? []).Select(dependant => nodes[dependant])];
            return true;
        }
    }

    /// <summary>What is known of an owner of an object. One in another namespace is no owner: it is not where the reference points.</summary>
    public OwnerState StateOf(OwnerReference owner, GcNode of)
    {
        lock (gate)
        {
            if (!nodes.TryGetValue(owner.Uid, out var node) || (node.Resource.IsNamespaced && node.Metadata.Namespace != of.Metadata.Namespace))
            {
                return absent.Contains(owner.Uid) ? OwnerState.Absent : OwnerState.Unknown;
            }

            return node.AwaitsDependants ? OwnerState.AwaitsDependants : OwnerState.Present;
        }
    }

    private bool Waits(string uid) => nodes.TryGetValue(uid, out var owner) && owner.AwaitsDependants;

    private void Unlink(string dependant, string owner)
    {
        if (dependants.TryGetValue(owner, out var set) && set.Remove(dependant) && set.Count == 0)
        {
            dependants.Remove(owner);
        }
    }
}
