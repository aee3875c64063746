using System.Collections.Concurrent;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>
/// A controller's own writes that the watch may not have shown yet, by the key they were made for. Until it has, the controller would decide
/// from a view without them, and make the same objects again. Takes the place of client-go's expectations; since the watch comes in the order
/// of versions, it is enough to remember the highest one written.
/// </summary>
internal sealed class WriteTracker<T>(Feed<T> feed)
    where T : class, IKubeObject
{
    private readonly ConcurrentDictionary<ObjectKey, Entry> entries = new();

    /// <summary>Takes note of an object as the API server answered a create, update or patch.</summary>
    public void Wrote(ObjectKey key, T answered)
    {
        var entry = entries.GetOrAdd(key, _ => new());
        lock (entry)
        {
            entry.Version = Math.Max(entry.Version, Feed<T>.Version(answered.Metadata.ResourceVersion));
        }
    }

    /// <summary>Takes note that an object was asked to be deleted.</summary>
    public void Deleted(ObjectKey key, T asked)
    {
        var entry = entries.GetOrAdd(key, _ => new());
        lock (entry)
        {
            entry.Deleted.Add((ObjectKey.Of(asked), asked.Metadata.Uid));
        }
    }

    /// <summary>Forgets a key.</summary>
    public void Forget(ObjectKey key) => entries.TryRemove(key, out _);

    /// <summary>True if the watch has shown every write noted for the key.</summary>
    public bool IsCurrent(ObjectKey key)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            return true;
        }

        lock (entry)
        {
            entry.Deleted.RemoveAll(deleted => feed.Store.Get(deleted.Key.Namespace, deleted.Key.Name) is not { } present
                || present.Metadata.Uid != deleted.Uid || present.Metadata.DeletionTimestamp is not null);
            return entry.Deleted.Count == 0 && feed.Includes(entry.Version);
        }
    }

    private sealed class Entry
    {
        public ulong Version { get; set; }

        public List<(ObjectKey Key, string? Uid)> Deleted { get; } = [];
    }
}
