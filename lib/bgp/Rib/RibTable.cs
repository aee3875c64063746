using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>
/// The paths of one address family and the best of each prefix. One writer. What changed since the last flush is kept as a list of prefix
/// numbers, each once, however often it changed.
/// </summary>
internal sealed class RibTable(IpFamily family, AttributeTable attributes, IReadOnlyList<RoutePeer> peers)
{
    private const int None = -1;
    private readonly PrefixIndex prefixes = new();
    private readonly Stack<int> free = [];
    private readonly List<int> changed = [];
    private RibPath[] pool = new RibPath[256];
    private int[] heads = [];
    private int[] bests = [];
    private bool[] isChanged = [];
    private int used;
    private uint lastLocalId;

    public IpFamily Family { get; } = family;

    /// <summary>How many prefixes have been met; numbers run from 0.</summary>
    public int PrefixCount => prefixes.Count;

    /// <summary>How many paths there are.</summary>
    public int PathCount => used - free.Count;

    /// <summary>Prefixes whose best path or set of paths changed.</summary>
    public IReadOnlyList<int> Changed => changed;

    public PrefixKey this[int prefix] => prefixes[prefix];

    public int Find(PrefixKey key) => prefixes.Find(key);

    /// <summary>The best path, or -1.</summary>
    public int Best(int prefix) => bests[prefix];

    /// <summary>The first path of a prefix, or -1; the others follow by <see cref="RibPath.Next"/>.</summary>
    public int First(int prefix) => heads[prefix];

    public RoutePeer Source(int peer) => peers[peer];

    public ref readonly RibPath Path(int path) => ref pool[path];

    public PathAttributes AttributesOf(int path) => attributes[pool[path].Attributes];

    public RoutePeer PeerOf(int path) => peers[pool[path].Peer];

    /// <summary>Announces a path: a new one, or another in place of the peer's path of this id.</summary>
    public void Announce(PrefixKey key, int peer, uint pathId, int attributeId)
    {
        var prefix = prefixes.GetOrAdd(key);
        Reserve(prefix);
        var path = FindPath(prefix, peer, pathId, out _);
        attributes.AddReference(attributeId);
        if (path != None)
        {
            ref var there = ref pool[path];
            there.IsStale = false;
            var before = there.Attributes;
            if (before == attributeId)
            {
                attributes.Release(before);
                return;
            }

            there.Attributes = attributeId;
            attributes.Release(before);
        }
        else
        {
            path = free.TryPop(out var reused) ? reused : used++;
            if (path == pool.Length)
            {
                Array.Resize(ref pool, pool.Length * 2);
            }

            pool[path] = new RibPath { Attributes = attributeId, Next = heads[prefix], PathId = pathId, LocalId = ++lastLocalId, Peer = (ushort)peer };
            heads[prefix] = path;
        }

        Decide(prefix);
    }

    /// <summary>Takes a path away; does nothing where there is none.</summary>
    public void Withdraw(PrefixKey key, int peer, uint pathId)
    {
        var prefix = prefixes.Find(key);
        if (prefix >= 0 && FindPath(prefix, peer, pathId, out var before) is var path and not None)
        {
            Remove(prefix, path, before);
            Decide(prefix);
        }
    }

    /// <summary>Marks all paths of a peer as kept over its restart.</summary>
    public void MarkStale(int peer)
    {
        for (var prefix = 0; prefix < prefixes.Count; prefix++)
        {
            for (var path = heads[prefix]; path != None; path = pool[path].Next)
            {
                pool[path].IsStale |= pool[path].Peer == peer;
            }
        }
    }

    /// <summary>Takes the paths of a peer away, all or only those that are still stale; returns how many.</summary>
    public int Drop(int peer, bool staleOnly = false)
    {
        var dropped = 0;
        for (var prefix = 0; prefix < prefixes.Count; prefix++)
        {
            var before = None;
            for (var path = heads[prefix]; path != None;)
            {
                var next = pool[path].Next;
                if (pool[path].Peer == peer && (!staleOnly || pool[path].IsStale))
                {
                    Remove(prefix, path, before);
                    dropped++;
                    Mark(prefix);
                }
                else
                {
                    before = path;
                }

                path = next;
            }

            if (isChanged[prefix])
            {
                Decide(prefix);
            }
        }

        return dropped;
    }

    /// <summary>How many paths a peer has here.</summary>
    public int CountOf(int peer)
    {
        var count = 0;
        for (var prefix = 0; prefix < prefixes.Count; prefix++)
        {
            for (var path = heads[prefix]; path != None; path = pool[path].Next)
            {
                count += pool[path].Peer == peer ? 1 : 0;
            }
        }

        return count;
    }

    /// <summary>Forgets what changed, once every group has heard of it.</summary>
    public void ClearChanged()
    {
        foreach (var prefix in changed)
        {
            isChanged[prefix] = false;
        }

        changed.Clear();
    }

    private void Reserve(int prefix)
    {
        if (prefix < heads.Length)
        {
            return;
        }

        var (old, size) = (heads.Length, Math.Max(256, heads.Length * 2));
        Array.Resize(ref heads, size);
        Array.Resize(ref bests, size);
        Array.Resize(ref isChanged, size);
        heads.AsSpan(old).Fill(None);
        bests.AsSpan(old).Fill(None);
    }

    private int FindPath(int prefix, int peer, uint pathId, out int before)
    {
        before = None;
        for (var path = heads[prefix]; path != None; before = path, path = pool[path].Next)
        {
            if (pool[path].Peer == peer && pool[path].PathId == pathId)
            {
                return path;
            }
        }

        return None;
    }

    private void Remove(int prefix, int path, int before)
    {
        if (before == None)
        {
            heads[prefix] = pool[path].Next;
        }
        else
        {
            pool[before].Next = pool[path].Next;
        }

        attributes.Release(pool[path].Attributes);
        pool[path].Attributes = None;
        free.Push(path);
    }

    private void Decide(int prefix)
    {
        var best = heads[prefix];
        for (var path = best == None ? None : pool[best].Next; path != None; path = pool[path].Next)
        {
            if (BestPath.Compare(AttributesOf(path), PeerOf(path), AttributesOf(best), PeerOf(best)) < 0)
            {
                best = path;
            }
        }

        bests[prefix] = best;
        Mark(prefix);
    }

    private void Mark(int prefix)
    {
        if (!isChanged[prefix])
        {
            isChanged[prefix] = true;
            changed.Add(prefix);
        }
    }
}
