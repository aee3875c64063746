using System.Diagnostics.CodeAnalysis;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>
/// The last known objects of a resource by namespace and name, kept current by a <see cref="Reflector{T}"/>.
/// Thread-safe. Objects are shared: read them, and <see cref="Json.KubeJson.Clone{T}"/> before changing one.
/// </summary>
public sealed class ObjectStore<T>
    where T : class, IKubeObject
{
    private readonly Lock gate = new();
    private readonly Lock order = new();
    private readonly Dictionary<ObjectKey, T> objects = [];
    private readonly Dictionary<string, StoreIndex<T>> indexes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<ObjectChange<T>>[] listeners = [];

    /// <summary>True once a whole list has been taken in.</summary>
    public bool HasSynced => synced.Task.IsCompleted;

    /// <summary>How many objects there are.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return objects.Count;
            }
        }
    }

    /// <summary>
    /// Adds a way to find objects: <paramref name="values"/> gives the index values of an object. Objects already here
    /// are indexed at once.
    /// </summary>
    /// <exception cref="ArgumentException">There is an index of that name.</exception>
    public ObjectStore<T> AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        lock (gate)
        {
            var index = new StoreIndex<T>(values);
            foreach (var (key, value) in objects)
            {
                index.Add(key, value);
            }

            indexes.Add(name, index);
        }

        return this;
    }

    /// <summary>
    /// Calls <paramref name="listener"/> for every object here (as added) and for every change from now on: one call at a
    /// time, in order, on the reflector's thread, after the store has changed. It must not block or throw; mark something
    /// dirty instead of working in it. Dispose the result to end it.
    /// </summary>
    public IDisposable Subscribe(Action<ObjectChange<T>> listener)
    {
        lock (order)
        {
            foreach (var value in List())
            {
                listener(new ObjectChange<T>(ObjectKey.Of(value), null, value));
            }

            listeners = [.. listeners, listener];
        }

        return new Subscription(this, listener);
    }

    /// <summary>Completes once a whole list has been taken in.</summary>
    public Task WaitForSyncAsync(CancellationToken cancel) => synced.Task.WaitAsync(cancel);

    /// <summary>The object of that name; null if there is none.</summary>
    public T? Get(string? ns, string name) => TryGet(new ObjectKey(ns ?? "", name), out var value) ? value : null;

    /// <summary>The object of that key.</summary>
    public bool TryGet(ObjectKey key, [NotNullWhen(true)] out T? value)
    {
        lock (gate)
        {
            return objects.TryGetValue(key, out value);
        }
    }

    /// <summary>All objects at this moment, in no order.</summary>
    public IReadOnlyList<T> List()
    {
        lock (gate)
        {
            return [.. objects.Values];
        }
    }

    /// <summary>All objects with that index value, in no order.</summary>
    /// <exception cref="KeyNotFoundException">There is no such index.</exception>
    public IReadOnlyList<T> ByIndex(string index, string value)
    {
        lock (gate)
        {
            return [.. indexes[index].Find(value).Select(key => objects[key])];
        }
    }

    /// <summary>Puts an object in; true if that changed anything (another version than the one here).</summary>
    public bool Set(T value)
    {
        lock (order)
        {
            var key = ObjectKey.Of(value);
            T? old;
            lock (gate)
            {
                objects.TryGetValue(key, out old);
                if (old is not null && SameVersion(old, value))
                {
                    return false;
                }

                Put(key, old, value);
            }

            foreach (var change in Changes(key, old, value))
            {
                Tell(change);
            }

            return true;
        }
    }

    /// <summary>Takes an object out; listeners get its last state. False if there was none.</summary>
    public bool Remove(ObjectKey key, T? last = null)
    {
        lock (order)
        {
            T? old;
            lock (gate)
            {
                if (!objects.Remove(key, out old))
                {
                    return false;
                }

                Unindex(key);
            }

            Tell(new ObjectChange<T>(key, last ?? old, null));
            return true;
        }
    }

    /// <summary>
    /// Takes in a whole list in one step: readers see the old or the new contents, never a mixture. What is not in it is
    /// deleted; then listeners are told of what differs. Marks the store as synced.
    /// </summary>
    public void Replace(IEnumerable<T> list)
    {
        lock (order)
        {
            var changes = new List<ObjectChange<T>>();
            lock (gate)
            {
                if (objects.Count == 0 && list is IReadOnlyCollection<T> { Count: var count })
                {
                    objects.EnsureCapacity(count);
                    changes.EnsureCapacity(count);
                }

                var gone = new HashSet<ObjectKey>(objects.Keys);
                foreach (var value in list)
                {
                    var key = ObjectKey.Of(value);
                    gone.Remove(key);
                    objects.TryGetValue(key, out var old);
                    if (old is null || !SameVersion(old, value))
                    {
                        if (old is null)
                        {
                            changes.Add(new(key, null, value));
                        }
                        else
                        {
                            changes.AddRange(Changes(key, old, value));
                        }

                        Put(key, old, value);
                    }
                }

                foreach (var key in gone)
                {
                    objects.Remove(key, out var old);
                    Unindex(key);
                    changes.Add(new ObjectChange<T>(key, old, null));
                }
            }

            foreach (var change in changes)
            {
                Tell(change);
            }
        }

        synced.TrySetResult();
    }

    /// <summary>Another object of the same name (another uid) is told as a deletion and an addition.</summary>
    private static ObjectChange<T>[] Changes(ObjectKey key, T? old, T value) =>
        old is null || old.Metadata.Uid == value.Metadata.Uid
            ? [new ObjectChange<T>(key, old, value)]
            : [new ObjectChange<T>(key, old, null), new ObjectChange<T>(key, null, value)];

    private static bool SameVersion(T old, T value)
    {
        var (before, now) = (old.Metadata, value.Metadata);
        return !string.IsNullOrEmpty(now.ResourceVersion) && before.ResourceVersion == now.ResourceVersion && before.Uid == now.Uid;
    }

    private void Put(ObjectKey key, T? old, T value)
    {
        if (old is not null)
        {
            Unindex(key);
        }

        objects[key] = value;
        foreach (var index in indexes.Values)
        {
            index.Add(key, value);
        }
    }

    private void Unindex(ObjectKey key)
    {
        foreach (var index in indexes.Values)
        {
            index.Remove(key);
        }
    }

    private void Tell(ObjectChange<T> change)
    {
        foreach (var listener in listeners)
        {
            listener(change);
        }
    }

    private sealed class Subscription(ObjectStore<T> store, Action<ObjectChange<T>> listener) : IDisposable
    {
        public void Dispose()
        {
            lock (store.order)
            {
                store.listeners = [.. store.listeners.Where(other => !ReferenceEquals(other, listener))];
            }
        }
    }
}
