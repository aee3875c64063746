using System.Collections.Concurrent;
using Podwire.ApiServer.Watch;

namespace Podwire.ApiServer.Storage;

/// <summary>
/// Every object of the cluster: durable in one SQLite file (WAL, synchronous=FULL), mirrored in memory for reading and watching.
/// One global revision counts the writes. One thread writes; what queued up meanwhile is committed together, published to the
/// caches in order, and only then acknowledged, so that an acknowledged write survives kill -9 and is seen by every later read.
/// </summary>
internal sealed class ObjectStore : IDisposable
{
    private const int Format = 1;
    private const int LargestBatch = 512;

    private readonly SqliteConnection connection;
    private readonly SqliteStatement begin;
    private readonly SqliteStatement commit;
    private readonly SqliteStatement rollback;
    private readonly SqliteStatement upsert;
    private readonly SqliteStatement delete;
    private readonly SqliteStatement saveRevision;
    private readonly ConcurrentDictionary<string, ResourceCache> caches = new(StringComparer.Ordinal);
    private readonly BlockingCollection<WriteRequest> queue = [];
    private readonly Thread writer;

    /// <summary>Held while the file is read or written after the start.</summary>
    private readonly Lock file = new();
    private readonly int ringCapacity;
    private long revision;

    /// <summary>Opens or creates the file and loads the objects of <paramref name="resources"/>; others in the file are kept and not served.</summary>
    /// <exception cref="SqliteException">The file is unusable, or another process has it open.</exception>
    public ObjectStore(string path, IEnumerable<StoredResource> resources, int ringCapacity = 8192)
    {
        this.ringCapacity = ringCapacity;
        connection = new SqliteConnection(path);
        try
        {
            // An exclusive lock keeps a second server off the file, and spares the shared-memory index.
            connection.Execute("PRAGMA locking_mode=EXCLUSIVE");
            connection.Execute("PRAGMA journal_mode=WAL");
            connection.Execute("PRAGMA synchronous=FULL");
            connection.Execute("CREATE TABLE IF NOT EXISTS store(id INTEGER PRIMARY KEY CHECK(id=1), format INTEGER NOT NULL, revision INTEGER NOT NULL)");
            connection.Execute("CREATE TABLE IF NOT EXISTS object(resource TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(resource, key))");
            connection.Execute($"INSERT OR IGNORE INTO store(id, format, revision) VALUES(1, {Format}, 1)");
            begin = connection.Prepare("BEGIN IMMEDIATE");
            commit = connection.Prepare("COMMIT");
            rollback = connection.Prepare("ROLLBACK");
            upsert = connection.Prepare("INSERT INTO object(resource, key, revision, body) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(resource, key) DO UPDATE SET revision=excluded.revision, body=excluded.body");
            delete = connection.Prepare("DELETE FROM object WHERE resource=?1 AND key=?2");
            saveRevision = connection.Prepare("UPDATE store SET revision=?1");
            Load(resources);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        writer = new Thread(Write) { Name = "store-writer", IsBackground = true };
        writer.Start();
    }

    /// <summary>The newest revision that every cache shows.</summary>
    public long Revision => Volatile.Read(ref revision);

    public ResourceCache Cache(StoredResource resource) => caches[resource.Id];

    public StoredObject? Get(StoredResource resource, string key) => Cache(resource).Get(key);

    /// <summary>A consistent view of one resource whose revision is at least that of every acknowledged write.</summary>
    public ResourceSnapshot Snapshot(StoredResource resource) => Cache(resource).Snapshot(Revision);

    /// <summary>
    /// Adds a resource to a running store, with the objects that the file holds of it; for resources that are declared at run time.
    /// One that is there already with the same fields is left as it is. A resource is never taken away: nobody asks for it any more.
    /// </summary>
    public void Add(StoredResource resource)
    {
        lock (file)
        {
            if (caches.TryGetValue(resource.Id, out var there) && there.Resource.SelectableFields.SequenceEqual(resource.SelectableFields))
            {
                return;
            }

            var objects = new List<StoredObject>();
            using (var rows = connection.Prepare("SELECT key, revision, body FROM object WHERE resource=?1"))
            {
                rows.Bind(resource.Id);
                while (rows.Step())
                {
                    objects.Add(StoredObject.Read(resource, rows.Text(0), rows.Int64(1), rows.Bytes(2)));
                }
            }

            caches[resource.Id] = new ResourceCache(resource, objects, Revision, ringCapacity);
        }
    }

    public Task<WriteOutcome> WriteAsync(WriteRequest request)
    {
        queue.Add(request);
        return request.Completion.Task;
    }

    public void Dispose()
    {
        queue.CompleteAdding();
        writer.Join();
        foreach (var statement in new[] { begin, commit, rollback, upsert, delete, saveRevision })
        {
            statement.Dispose();
        }

        connection.Dispose();
        queue.Dispose();
    }

    private void Load(IEnumerable<StoredResource> resources)
    {
        using (var header = connection.Prepare("SELECT format, revision FROM store"))
        {
            header.Step();
            if (header.Int64(0) != Format)
            {
                throw new SqliteException("open", 26, $"the store has format {header.Int64(0)}, this program reads {Format}");
            }

            revision = header.Int64(1);
        }

        var known = resources.ToDictionary(resource => resource.Id, StringComparer.Ordinal);
        var objects = known.Keys.ToDictionary(id => id, _ => new List<StoredObject>(), StringComparer.Ordinal);
        using (var rows = connection.Prepare("SELECT resource, key, revision, body FROM object"))
        {
            while (rows.Step())
            {
                var id = rows.Text(0);
                if (known.TryGetValue(id, out var resource))
                {
                    objects[id].Add(StoredObject.Read(resource, rows.Text(1), rows.Int64(2), rows.Bytes(3)));
                }
            }
        }

        foreach (var (id, resource) in known)
        {
            caches[id] = new ResourceCache(resource, objects[id], revision, ringCapacity);
        }
    }

    private void Write()
    {
        var batch = new List<WriteRequest>(LargestBatch);
        foreach (var first in queue.GetConsumingEnumerable())
        {
            batch.Clear();
            batch.Add(first);
            while (batch.Count < LargestBatch && queue.TryTake(out var next))
            {
                batch.Add(next);
            }

            lock (file)
            {
                WriteBatch(batch);
            }
        }
    }

    private void WriteBatch(List<WriteRequest> batch)
    {
        var overlay = new Dictionary<(string, string), StoredObject?>();
        var events = new List<WatchEvent>(batch.Count);
        var outcomes = new WriteOutcome[batch.Count];
        var failures = new Exception?[batch.Count];
        var last = revision;
        StoredObject? Find(StoredResource resource, string key) =>
            overlay.TryGetValue((resource.Id, key), out var pending) ? pending : Get(resource, key);
        try
        {
            begin.Run();
            try
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    try
                    {
                        outcomes[i] = Apply(batch[i], Find, overlay, events, ref last);
                    }
                    catch (Exception error) when (error is not SqliteException)
                    {
                        // One object that cannot be encoded fails alone: nothing of it was written.
                        failures[i] = error;
                    }
                }

                if (last != revision)
                {
                    saveRevision.Run(last);
                }

                commit.Run();
            }
            catch
            {
                rollback.Run();
                throw;
            }
        }
        catch (SqliteException error)
        {
            foreach (var request in batch)
            {
                request.Completion.TrySetException(error);
            }

            return;
        }

        foreach (var group in events.GroupBy(change => change.Object.Resource.Id))
        {
            caches[group.Key].Publish(group);
        }

        Volatile.Write(ref revision, last);
        for (var i = 0; i < batch.Count; i++)
        {
            if (failures[i] is { } error)
            {
                batch[i].Completion.TrySetException(error);
            }
            else
            {
                batch[i].Completion.TrySetResult(outcomes[i]);
            }
        }
    }

    private WriteOutcome Apply(
        WriteRequest request,
        Func<StoredResource, string, StoredObject?> find,
        Dictionary<(string, string), StoredObject?> overlay,
        List<WatchEvent> events,
        ref long last)
    {
        var current = find(request.Resource, request.Key);
        if (request.Kind == WriteKind.Create)
        {
            if (current is not null)
            {
                return new(WriteResult.AlreadyExists, current);
            }
        }
        else if (current is null)
        {
            return new(WriteResult.NotFound, null);
        }
        else if (current.Revision != request.ExpectedRevision)
        {
            return new(WriteResult.Conflict, current);
        }

        if (request.Guard is { } guard && !guard(find))
        {
            return new(WriteResult.Refused, current);
        }

        var body = request.Encode(last + 1);
        var stored = StoredObject.Read(request.Resource, request.Key, last + 1, body);
        if (request.Kind == WriteKind.Delete)
        {
            delete.Run(request.Resource.Id, request.Key, 0, []);
        }
        else
        {
            upsert.Run(request.Resource.Id, request.Key, stored.Revision, body);
        }

        last++;
        overlay[(request.Resource.Id, request.Key)] = request.Kind == WriteKind.Delete ? null : stored;
        events.Add(new WatchEvent(request.Kind, stored, current));
        return new(WriteResult.Written, stored);
    }
}
