namespace Podwire.Bgp.Rib;

/// <summary>
/// What one established peer is owed. In step, it gets the group's messages by reference; when its socket does not keep up it leaves the group and
/// owes nothing but a bit per prefix, until it is through.
/// </summary>
internal sealed class PeerExport(int peer, OutQueue queue)
{
    private ulong[] dirty = [];
    private int cursor;

    /// <summary>Of what is owed: whether the peer had a route from here when it began to be owed, so that a withdrawal is not for nothing.</summary>
    private ulong[] had = [];

    /// <summary>With add-path, which paths those were; the lists are the group's own.</summary>
    private Dictionary<int, List<ToldPath>>? hadPaths;

    /// <summary>The peer's index.</summary>
    public int Peer { get; } = peer;

    public OutQueue Queue { get; } = queue;

    /// <summary>True while it takes the group's messages.</summary>
    public bool IsInStep { get; set; }

    /// <summary>True until the first dump has ended with its End-of-RIB.</summary>
    public bool OwesEndOfRib { get; private set; } = true;

    /// <summary>True if an enhanced refresh is under way, which ends with its mark (RFC 7313).</summary>
    public bool OwesEndOfRefresh { get; set; }

    /// <summary>True if a refresh was asked for before the first dump was through: no mark may stand before the End-of-RIB (RFC 7313 section 4).</summary>
    public bool OwesRefresh { get; set; }

    /// <summary>True while nothing may be sent: this speaker restarts and waits for the others' routes (RFC 4724 section 4.1).</summary>
    public bool IsHeldBack { get; set; }

    /// <summary>How many prefixes are owed.</summary>
    public int DirtyCount { get; private set; }

    /// <summary>Owes a prefix, of which the peer has a route or not (with add-path: these paths). What is owed already stays as it is: the peer has not heard since.</summary>
    public void MarkDirty(int prefix, bool has, List<ToldPath>? paths = null)
    {
        var word = prefix >> 6;
        if (word >= dirty.Length)
        {
            var size = Math.Max(word + 1, dirty.Length * 2);
            Array.Resize(ref dirty, size);
            Array.Resize(ref had, size);
        }

        var bit = 1UL << (prefix & 63);
        if ((dirty[word] & bit) != 0)
        {
            return;
        }

        DirtyCount++;
        dirty[word] |= bit;
        had[word] = has ? had[word] | bit : had[word] & ~bit;
        if (paths is not null)
        {
            (hadPaths ??= [])[prefix] = paths;
        }
    }

    /// <summary>True if the prefix is owed.</summary>
    public bool IsDirty(int prefix) => Bit(dirty, prefix);

    /// <summary>Whether the peer had a route from here when the prefix began to be owed.</summary>
    public bool Had(int prefix) => Bit(had, prefix);

    /// <summary>With add-path: the paths that it had.</summary>
    public List<ToldPath> HadPaths(int prefix) => hadPaths?.GetValueOrDefault(prefix) ?? [];

    /// <summary>The prefix has been told as it is.</summary>
    public void ForgetPaths(int prefix) => hadPaths?.Remove(prefix);

    /// <summary>The first dump is through.</summary>
    public void EndDump() => OwesEndOfRib = false;

    /// <summary>Takes up to so many owed prefixes, going round from where the last call ended.</summary>
    public int Take(List<int> into, int most)
    {
        into.Clear();
        for (var visited = 0; visited < dirty.Length && into.Count < most && DirtyCount > 0; visited++)
        {
            cursor = cursor >= dirty.Length ? 0 : cursor;
            var word = dirty[cursor];
            while (word != 0 && into.Count < most)
            {
                var bit = System.Numerics.BitOperations.TrailingZeroCount(word);
                word &= word - 1;
                into.Add((cursor << 6) + bit);
                DirtyCount--;
            }

            dirty[cursor] = word;
            cursor += word == 0 ? 1 : 0;
        }

        return into.Count;
    }

    private static bool Bit(ulong[] words, int prefix) => prefix >> 6 < words.Length && (words[prefix >> 6] & (1UL << (prefix & 63))) != 0;
}
