using Podwire.Bgp.Wire;

namespace Podwire.Bgp.Rib;

/// <summary>Gives every prefix of a family a dense number, by open addressing over one array of keys. Numbers are never given back: a table remembers the prefixes it has met.</summary>
internal sealed class PrefixIndex
{
    private PrefixKey[] keys = new PrefixKey[256];
    private int[] slots = NewSlots(512);

    /// <summary>How many prefixes there are; their numbers are 0 to Count - 1.</summary>
    public int Count { get; private set; }

    public PrefixKey this[int id] => keys[id];

    /// <summary>The prefix's number, or -1.</summary>
    public int Find(PrefixKey key)
    {
        var mask = slots.Length - 1;
        for (var slot = (int)key.Hash() & mask; ; slot = (slot + 1) & mask)
        {
            var id = slots[slot];
            if (id < 0 || keys[id] == key)
            {
                return id;
            }
        }
    }

    /// <summary>The prefix's number, a new one if it has none.</summary>
    public int GetOrAdd(PrefixKey key)
    {
        var mask = slots.Length - 1;
        var slot = (int)key.Hash() & mask;
        for (; slots[slot] >= 0; slot = (slot + 1) & mask)
        {
            if (keys[slots[slot]] == key)
            {
                return slots[slot];
            }
        }

        if (Count == keys.Length)
        {
            Array.Resize(ref keys, keys.Length * 2);
        }

        keys[Count] = key;
        slots[slot] = Count++;
        if (Count * 2 > slots.Length)
        {
            Grow();
        }

        return Count - 1;
    }

    private void Grow()
    {
        slots = NewSlots(slots.Length * 2);
        var mask = slots.Length - 1;
        for (var id = 0; id < Count; id++)
        {
            var slot = (int)keys[id].Hash() & mask;
            while (slots[slot] >= 0)
            {
                slot = (slot + 1) & mask;
            }

            slots[slot] = id;
        }
    }

    private static int[] NewSlots(int size)
    {
        var made = new int[size];
        Array.Fill(made, -1);
        return made;
    }
}
