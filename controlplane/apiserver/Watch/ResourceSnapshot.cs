using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Watch;

/// <summary>The objects of one resource at one revision, sorted by key in byte order.</summary>
internal sealed class ResourceSnapshot(StoredObject[] objects, int count, long revision)
{
    /// <summary>Watching from here misses nothing.</summary>
    public long Revision { get; } = revision;

    public ReadOnlySpan<StoredObject> All => objects.AsSpan(0, count);

    /// <summary>The objects of one namespace, or all for null.</summary>
    public ReadOnlySpan<StoredObject> In(string? @namespace)
    {
        if (@namespace is null)
        {
            return All;
        }

        var from = FirstAtOrAfter(@namespace + "/");
        var to = FirstAtOrAfter(@namespace + "0");
        return All[from..to];
    }

    /// <summary>The index within <paramref name="span"/> of the first object whose key is greater than <paramref name="key"/>.</summary>
    public static int After(ReadOnlySpan<StoredObject> span, string key)
    {
        var (low, high) = (0, span.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(span[middle].Key, key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private int FirstAtOrAfter(string key)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(objects[middle].Key, key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
