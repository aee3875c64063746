using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>
/// What the watches have brought so far, and what of it changed since the last snapshot. Written by the watches and by the CNI plugin's
/// requests, read by the loop; the records are immutable. What a snapshot costs depends on what changed.
/// </summary>
internal sealed class PolicyState
{
    private readonly Lock gate = new();
    private readonly Tracked<ObjectKey, PodRecord> pods = new();
    private readonly Tracked<string, LabelSet> namespaces = new();
    private readonly Tracked<PolicyId, PolicyRecord> policies = new();
    private readonly Tracked<string, NodeRecord> nodes = new();
    private readonly Tracked<string, IpAddress[]> domains = new();
    private readonly Dictionary<ObjectKey, (string Uid, IpAddress[] Addresses)> learned = [];
    private ResolverAddress[] resolvers = [];
    private bool areResolversNew;

    /// <summary>Called, outside of any lock, after something changed.</summary>
    public event Action? Changed;

    /// <summary>Called, outside of any lock, after a policy that may name domains changed.</summary>
    public event Action? DomainsChanged;

    /// <summary>How many objects wait for the next snapshot.</summary>
    public int PendingCount
    {
        get
        {
            lock (gate)
            {
                return pods.Dirty.Count + namespaces.Dirty.Count + policies.Dirty.Count + nodes.Dirty.Count + domains.Dirty.Count;
            }
        }
    }

    /// <summary>A pod as it is now; null if it is gone.</summary>
    public void SetPod(ObjectKey key, PodRecord? pod)
    {
        bool changed;
        lock (gate)
        {
            if (pod is not null && learned.TryGetValue(key, out var early))
            {
                if ((early.Uid.Length > 0 && pod.Uid != early.Uid) || pod.Addresses.Length > 0 || pod.IsEnded)
                {
                    learned.Remove(key);
                }
                else
                {
                    pod = pod with { Addresses = early.Addresses };
                }
            }
            else if (pod is null)
            {
                learned.Remove(key);
            }

            changed = pods.Set(key, pod);
        }

        Tell(changed);
    }

    /// <summary>
    /// The addresses that a pod of this node is about to get, from the CNI plugin: known before they stand in the pod's status.
    /// </summary>
    /// <returns>True if the pod itself is known.</returns>
    public bool Learn(ObjectKey key, string uid, IpAddress[] addresses)
    {
        bool changed;
        bool known;
        lock (gate)
        {
            learned[key] = (uid, addresses);
            known = pods.All.TryGetValue(key, out var pod) && (uid.Length == 0 || pod.Uid == uid);
            changed = known && pod!.Addresses.Length == 0 && !pod.IsHostNetwork && !pod.IsEnded && pods.Set(key, pod with { Addresses = addresses });
        }

        Tell(changed);
        return known;
    }

    /// <summary>A namespace's labels; null if it is gone.</summary>
    public void SetNamespace(string name, LabelSet? labels)
    {
        bool changed;
        lock (gate)
        {
            changed = namespaces.Set(name, labels);
        }

        Tell(changed);
    }

    /// <summary>A policy as it is now; null if it is gone.</summary>
    public void SetPolicy(PolicyId id, PolicyRecord? policy)
    {
        bool changed;
        lock (gate)
        {
            changed = !(policy is not null && policies.All.TryGetValue(id, out var before) && before.Version == policy.Version && before.Uid == policy.Uid && policy.Version.Length > 0)
                && policies.Set(id, policy);
        }

        Tell(changed);
        if (changed && id.IsCluster)
        {
            DomainsChanged?.Invoke();
        }
    }

    /// <summary>A node as it is now; null if it is gone.</summary>
    public void SetNode(string name, NodeRecord? node)
    {
        bool changed;
        lock (gate)
        {
            changed = nodes.Set(name, node);
        }

        Tell(changed);
    }

    /// <summary>The addresses of a domain name; null if nobody asks for it any more.</summary>
    public void SetDomain(string domain, IpAddress[]? addresses)
    {
        bool changed;
        lock (gate)
        {
            changed = !(addresses is not null && domains.All.TryGetValue(domain, out var before) && before.AsSpan().SequenceEqual(addresses)) && domains.Set(domain, addresses);
        }

        Tell(changed);
    }

    /// <summary>The resolvers whose answers are believed.</summary>
    public void SetResolvers(ResolverAddress[] now)
    {
        bool changed;
        lock (gate)
        {
            changed = !resolvers.AsSpan().SequenceEqual(now);
            (resolvers, areResolversNew) = (now, areResolversNew || changed);
        }

        Tell(changed);
    }

    /// <summary>The domain names that policies ask for, those with wildcards too.</summary>
    public HashSet<string> WantedDomains()
    {
        lock (gate)
        {
            return [.. policies.All.Values.Where(static policy => policy.Id.IsCluster)
                .SelectMany(static policy => policy.Egress).SelectMany(static rule => rule.Peers ?? []).Select(static peer => peer.Domain).OfType<string>()];
        }
    }

    /// <summary>What changed since the last call; null if nothing did.</summary>
    /// <param name="everything">Name everything, as after the first start.</param>
    public PolicySnapshot? Take(bool everything = false)
    {
        lock (gate)
        {
            if (!everything && !areResolversNew && pods.Dirty.Count + namespaces.Dirty.Count + policies.Dirty.Count + nodes.Dirty.Count + domains.Dirty.Count == 0)
            {
                return null;
            }

            var given = everything || areResolversNew ? resolvers : null;
            areResolversNew = false;

            return new()
            {
                Pods = pods.Take(everything),
                Namespaces = namespaces.Take(everything),
                Policies = policies.Take(everything),
                Nodes = nodes.Take(everything),
                Domains = domains.Take(everything),
                Resolvers = given,
                IsEverything = everything,
            };
        }
    }

    private void Tell(bool changed)
    {
        if (changed)
        {
            Changed?.Invoke();
        }
    }

    private sealed class Tracked<TKey, TValue>
        where TKey : notnull
        where TValue : class
    {
        public Dictionary<TKey, TValue> All { get; } = [];

        public HashSet<TKey> Dirty { get; } = [];

        public bool Set(TKey key, TValue? value)
        {
            if (value is null ? !All.Remove(key) : All.TryGetValue(key, out var before) && value.Equals(before))
            {
                return false;
            }

            if (value is not null)
            {
                All[key] = value;
            }

            Dirty.Add(key);
            return true;
        }

        public Dictionary<TKey, TValue?> Take(bool everything)
        {
            var changed = new Dictionary<TKey, TValue?>(everything ? All.Count : Dirty.Count);
            foreach (var key in everything ? (IEnumerable<TKey>)All.Keys : Dirty)
            {
                changed[key] = All.GetValueOrDefault(key);
            }

            Dirty.Clear();
            // A burst leaves a large table behind; walking it would cost every later snapshot.
            Dirty.TrimExcess();
            return changed;
        }
    }
}
