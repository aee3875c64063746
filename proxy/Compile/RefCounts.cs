using System.Runtime.InteropServices;

namespace Podwire.Proxy.Compile;

/// <summary>How many Services need a thing that several may share.</summary>
internal sealed class RefCounts<T>
    where T : notnull
{
    private readonly Dictionary<T, int> counts = [];

    /// <summary>What is needed.</summary>
    public IReadOnlyCollection<T> Keys => counts.Keys;

    /// <summary>True if it is needed.</summary>
    public bool Contains(T key) => counts.ContainsKey(key);

    /// <summary>One more needs it.</summary>
    public void Add(T key) => CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;

    /// <summary>One less needs it.</summary>
    public void Remove(T key)
    {
        if (--CollectionsMarshal.GetValueRefOrNullRef(counts, key) == 0)
        {
            counts.Remove(key);
        }
    }
}
