using System.Collections.Concurrent;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Watch;

/// <summary>
/// One resource in memory: the objects by key, sorted for listing, and a ring of the last changes for watchers.
/// Watchers pull from the ring at their own pace; one that falls behind its start is told that its revision is too old.
/// </summary>
internal sealed class ResourceCache
{
    private readonly Lock guard = new();
    private readonly ConcurrentDictionary<string, StoredObject> byKey = new(StringComparer.Ordinal);
    private readonly WatchEvent[] ring;
    private StoredObject[] sorted;
    private int count;
    private bool isShared;
    private long lastRevision;
    private long floor;
    private long published;
    private TaskCompletionSource changed = NewSignal();

    public ResourceCache(StoredResource resource, IEnumerable<StoredObject> objects, long revision, int ringCapacity)
    {
        Resource = resource;
        ring = new WatchEvent[ringCapacity];
        sorted = [.. objects.OrderBy(stored => stored.Key, StringComparer.Ordinal)];
        count = sorted.Length;
        foreach (var stored in sorted)
        {
            byKey[stored.Key] = stored;
        }

        lastRevision = floor = revision;
    }

    public StoredResource Resource { get; }

    /// <summary>How many objects there are.</summary>
    public int Count => byKey.Count;

    public StoredObject? Get(string key) => byKey.GetValueOrDefault(key);

    /// <summary>The state now; its revision is the newer of <paramref name="storeRevision"/> and the last change seen here.</summary>
    public ResourceSnapshot Snapshot(long storeRevision)
    {
        lock (guard)
        {
            isShared = true;
            return new ResourceSnapshot(sorted, count, Math.Max(storeRevision, lastRevision));
        }
    }

    /// <summary>Shows committed changes, in revision order, and wakes the watchers.</summary>
    public void Publish(IEnumerable<WatchEvent> events)
    {
        TaskCompletionSource waiting;
        lock (guard)
        {
            foreach (var change in events)
            {
                Show(change);
                var slot = (int)(published % ring.Length);
                if (published >= ring.Length)
                {
                    floor = ring[slot].Revision;
                }

                ring[slot] = change;
                published++;
                lastRevision = change.Revision;
            }

            waiting = changed;
            changed = NewSignal();
        }

        waiting.TrySetResult();
    }

    /// <summary>Where a watcher of changes after <paramref name="revision"/> starts; false if changes after it are gone.</summary>
    public bool TryStart(long revision, out long position)
    {
        lock (guard)
        {
            position = published;
            if (revision < floor)
            {
                return false;
            }

            var oldest = Math.Max(0, published - ring.Length);
            while (position > oldest && ring[(position - 1) % ring.Length].Revision > revision)
            {
                position--;
            }

            return true;
        }
    }

    /// <summary>
    /// Copies the changes from <paramref name="position"/> on into <paramref name="into"/> and moves it past them; false if the ring has
    /// overtaken the watcher. <paramref name="revision"/> is what the watcher has seen up to; <paramref name="more"/> completes at the next change.
    /// </summary>
    public bool TryRead(ref long position, List<WatchEvent> into, Func<long> storeRevision, out long revision, out Task more)
    {
        lock (guard)
        {
            more = changed.Task;
            // Read under the lock: a change of this resource at or below the store's revision has been published by now.
            revision = Math.Max(storeRevision(), lastRevision);
            if (position < published - ring.Length)
            {
                return false;
            }

            for (; position < published; position++)
            {
                into.Add(ring[position % ring.Length]);
            }

            return true;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Show(WatchEvent change)
    {
        var key = change.Object.Key;
        var index = IndexOf(key);
        if (change.Kind == WriteKind.Delete)
        {
            byKey.TryRemove(key, out _);
            Own(count);
            Array.Copy(sorted, index + 1, sorted, index, count - index - 1);
            sorted[--count] = null!;
            return;
        }

        byKey[key] = change.Object;
        if (index >= 0)
        {
            Own(count);
            sorted[index] = change.Object;
            return;
        }

        Own(count + 1);
        Array.Copy(sorted, ~index, sorted, ~index + 1, count - ~index);
        sorted[~index] = change.Object;
        count++;
    }

    private int IndexOf(string key)
    {
        var (low, high) = (0, count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(sorted[middle].Key, key);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    /// <summary>Makes the array ours to change: a snapshot may hold it.</summary>
    private void Own(int needed)
    {
        if (!isShared && needed <= sorted.Length)
        {
            return;
        }

        var copy = new StoredObject[needed <= sorted.Length ? sorted.Length : Math.Max(16, needed * 3 / 2)];
        Array.Copy(sorted, copy, count);
        sorted = copy;
        isShared = false;
    }
}
