using System.Runtime.InteropServices;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>
/// Interns attributes: a block that is known by its bytes and next hop is not parsed again, and equal attributes are one object. Counted: who keeps
/// an id adds a reference, and what nobody keeps is forgotten.
/// </summary>
internal sealed class AttributeTable
{
    private readonly List<PathAttributes?> items = [];
    private readonly Stack<int> free = [];
    private int[] slots = [-1, -1, -1, -1, -1, -1, -1, -1];
    private uint[] hashes = new uint[4];
    private int used;

    /// <summary>How many different attributes are kept.</summary>
    public int Count { get; private set; }

    public PathAttributes this[int id] => items[id]!;

    /// <summary>The id of these attributes; made without a reference, so that one must follow.</summary>
    public int Intern(ReadOnlySpan<byte> raw, IpAddress nextHop, uint metric = 0)
    {
        var hash = Hash(raw, nextHop) ^ (metric * 0x9E3779B9);
        var mask = slots.Length - 1;
        var slot = (int)hash & mask;
        for (; slots[slot] != -1; slot = (slot + 1) & mask)
        {
            var there = slots[slot];
            if (there >= 0 && hashes[there] == hash && items[there] is { } item && item.NextHop == nextHop && item.Metric == metric && raw.SequenceEqual(item.Raw))
            {
                return there;
            }
        }

        var made = new PathAttributes(raw.ToArray(), nextHop, metric);
        var id = free.TryPop(out var reused) ? reused : items.Count;
        if (id == items.Count)
        {
            items.Add(null);
        }

        if (id >= hashes.Length)
        {
            Array.Resize(ref hashes, hashes.Length * 2);
        }

        (items[id], hashes[id], made.Id) = (made, hash, id);
        slots[slot] = id;
        Count++;
        if (++used * 2 > slots.Length)
        {
            Rebuild();
        }

        return id;
    }

    public void AddReference(int id)
    {
        if (id >= 0)
        {
            items[id]!.References++;
        }
    }

    public void Release(int id)
    {
        if (id < 0 || --items[id]!.References > 0)
        {
            return;
        }

        var mask = slots.Length - 1;
        var slot = (int)hashes[id] & mask;
        while (slots[slot] != id)
        {
            slot = (slot + 1) & mask;
        }

        // A grave, so that what stands behind is still found.
        slots[slot] = -2;
        items[id]!.Id = -1;
        items[id] = null;
        free.Push(id);
        Count--;
    }

    private void Rebuild()
    {
        var size = 16;
        while (size < Count * 4)
        {
            size *= 2;
        }

        slots = new int[size];
        Array.Fill(slots, -1);
        used = Count;
        for (var id = 0; id < items.Count; id++)
        {
            if (items[id] is null)
            {
                continue;
            }

            var slot = (int)hashes[id] & (size - 1);
            while (slots[slot] >= 0)
            {
                slot = (slot + 1) & (size - 1);
            }

            slots[slot] = id;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> raw, IpAddress nextHop)
    {
        var hash = (ulong)nextHop.Value * 0x9E3779B97F4A7C15 + (uint)raw.Length;
        var words = MemoryMarshal.Cast<byte, ulong>(raw);
        foreach (var word in words)
        {
            hash = (hash ^ word) * 0xD6E8FEB86659FD93;
            hash ^= hash >> 32;
        }

        foreach (var octet in raw[(words.Length * 8)..])
        {
            hash = (hash ^ octet) * 0xD6E8FEB86659FD93;
            hash ^= hash >> 29;
        }

        return (uint)(hash ^ (hash >> 32));
    }
}
