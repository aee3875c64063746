namespace Podwire.Bgp.Rib;

/// <summary>
/// What one established peer is owed. In step, it gets the group's messages by reference; when its socket does not keep up it leaves the group and
/// owes nothing but a bit per prefix, until it is through.
/// </summary>
internal sealed class PeerExport(int peer, OutQueue queue)
{
    private ulong[] dirty = [];
    private int cursor;

    /// <summary>What the first dump has told so far; after it, anything may have been told.</summary>
    private ulong[]? told = [];

    /// <summary>The peer's index.</summary>
    public int Peer { get; } = peer;

    public OutQueue Queue { get; } = queue;

    /// <summary>True while it takes the group's messages.</summary>
    public bool IsInStep { get; set; }

    /// <summary>True until the first dump has ended with its End-of-RIB.</summary>
    public bool OwesEndOfRib { get; private set; } = true;

    /// <summary>True if an enhanced refresh is under way, which ends with its mark (RFC 7313).</summary>
    public bool OwesEndOfRefresh { get; set; }

    /// <summary>True while nothing may be sent: this speaker restarts and waits for the others' routes (RFC 4724 section 4.1).</summary>
    public bool IsHeldBack { get; set; }

    /// <summary>How many prefixes are owed.</summary>
    public int DirtyCount { get; private set; }

    public void MarkDirty(int prefix)
    {
        var word = prefix >> 6;
        if (word >= dirty.Length)
        {
            Array.Resize(ref dirty, Math.Max(word + 1, dirty.Length * 2));
        }

        var bit = 1UL << (prefix & 63);
        DirtyCount += (dirty[word] & bit) == 0 ? 1 : 0;
        dirty[word] |= bit;
    }

    /// <summary>The first dump has told this prefix.</summary>
    public void NoteTold(int prefix)
    {
        if (told is null)
        {
            return;
        }

        var word = prefix >> 6;
        if (word >= told.Length)
        {
            Array.Resize(ref told, Math.Max(word + 1, told.Length * 2));
        }

        told[word] |= 1UL << (prefix & 63);
    }

    /// <summary>Whether the peer may have a route to this prefix from here, so that a withdrawal is not for nothing.</summary>
    public bool MayHave(int prefix) => told is null || (prefix >> 6 < told.Length && (told[prefix >> 6] & (1UL << (prefix & 63))) != 0);

    /// <summary>The first dump is through.</summary>
    public void EndDump() => (OwesEndOfRib, told) = (false, null);

    /// <summary>Owes everything: at the start, and after a route refresh.</summary>
    public void MarkAll(int prefixes)
    {
        for (var prefix = 0; prefix < prefixes; prefix++)
        {
            MarkDirty(prefix);
        }
    }

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
}
