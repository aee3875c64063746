using System.Text;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Watch;

namespace Podwire.ApiServer.Tests;

/// <summary>The store alone: guarded writes, batches, restart, the cache that readers see.</summary>
public sealed class StoreTests : IDisposable
{
    private static readonly StoredResource Things = new("things", ["spec.color"]);
    private readonly string file = Path.Combine(Directory.CreateTempSubdirectory("podwire-store-").FullName, "store.db");
    private ObjectStore store;

    public StoreTests() => store = new ObjectStore(file, [Things], ringCapacity: 8);

    public void Dispose()
    {
        store.Dispose();
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    private static byte[] Body(string key, long revision, string color = "red") =>
        Encoding.UTF8.GetBytes($$$"""{"metadata":{"name":"{{{key[(key.IndexOf('/') + 1)..]}}}","namespace":"{{{key.Split('/')[0]}}}","resourceVersion":"{{{revision}}}","labels":{"k":"{{{key}}}"}},"spec":{"color":"{{{color}}}"}}""");

    private Task<WriteOutcome> WriteAsync(WriteKind kind, string key, long expected = 0, string color = "red") =>
        store.WriteAsync(new WriteRequest(kind, Things, key, expected, revision => Body(key, revision, color)));

    [Fact]
    public async Task Write_Guarded_GivesEachItsOutcome()
    {
        var made = await WriteAsync(WriteKind.Create, "ns/a");
        Assert.Equal(WriteResult.Written, made.Result);
        Assert.Equal(WriteResult.AlreadyExists, (await WriteAsync(WriteKind.Create, "ns/a")).Result);
        Assert.Equal(WriteResult.NotFound, (await WriteAsync(WriteKind.Update, "ns/b", 1)).Result);
        Assert.Equal(WriteResult.Conflict, (await WriteAsync(WriteKind.Update, "ns/a", made.Object!.Revision - 1)).Result);
        var changed = await WriteAsync(WriteKind.Update, "ns/a", made.Object.Revision, "blue");
        Assert.Equal(WriteResult.Written, changed.Result);
        Assert.True(changed.Object!.Revision > made.Object.Revision);
        Assert.Equal("blue", changed.Object.Fields[0]);
        Assert.Equal(WriteResult.Conflict, (await WriteAsync(WriteKind.Delete, "ns/a", made.Object.Revision)).Result);
        Assert.Equal(WriteResult.Written, (await WriteAsync(WriteKind.Delete, "ns/a", changed.Object.Revision)).Result);
        Assert.Null(store.Get(Things, "ns/a"));
    }

    [Fact]
    public async Task Write_RefusedOrFailing_ChangesNothingAndLetsOthersThrough()
    {
        var before = store.Revision;
        var refused = store.WriteAsync(new WriteRequest(WriteKind.Create, Things, "ns/r", 0, revision => Body("ns/r", revision)) { Guard = _ => false });
        var failing = store.WriteAsync(new WriteRequest(WriteKind.Create, Things, "ns/f", 0, _ => throw new InvalidOperationException("no body")));
        var fine = WriteAsync(WriteKind.Create, "ns/ok");
        Assert.Equal(WriteResult.Refused, (await refused).Result);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.Equal(WriteResult.Written, (await fine).Result);
        Assert.Equal(before + 1, store.Revision);
    }

    [Fact]
    public async Task Restart_KeepsObjectsAndGoesOnCounting()
    {
        await WriteAsync(WriteKind.Create, "ns/a");
        var last = await WriteAsync(WriteKind.Create, "ns/b");
        await WriteAsync(WriteKind.Delete, "ns/b", last.Object!.Revision);
        var revision = store.Revision;
        store.Dispose();
        store = new ObjectStore(file, [Things], ringCapacity: 8);
        Assert.Equal(revision, store.Revision);
        Assert.Equal(["ns/a"], store.Snapshot(Things).All.ToArray().Select(item => item.Key));
        Assert.False(store.Cache(Things).TryStart(revision - 1, out _));
        Assert.True(store.Cache(Things).TryStart(revision, out _));
        Assert.Equal(revision + 1, (await WriteAsync(WriteKind.Create, "ns/c")).Object!.Revision);
    }

    [Fact]
    public void Open_ByASecondServer_IsRefused() => Assert.Equal(5, Assert.Throws<SqliteException>(() => new ObjectStore(file, [Things])).Code);

    [Fact]
    public void Open_OfSomethingElse_IsRefused()
    {
        var other = Path.Combine(Path.GetDirectoryName(file)!, "text.db");
        File.WriteAllText(other, new string('x', 5000));
        Assert.Equal(26, Assert.Throws<SqliteException>(() => new ObjectStore(other, [Things])).Code);
    }

    [Fact]
    public async Task Snapshot_IsSortedAndUnchangedByLaterWrites()
    {
        foreach (var key in new[] { "b/1", "a/2", "a-b/0", "a/10", "a/1" })
        {
            await WriteAsync(WriteKind.Create, key);
        }

        var snapshot = store.Snapshot(Things);
        await WriteAsync(WriteKind.Create, "a/0");
        await WriteAsync(WriteKind.Delete, "a/1", store.Get(Things, "a/1")!.Revision);
        Assert.Equal(["a-b/0", "a/1", "a/10", "a/2", "b/1"], snapshot.All.ToArray().Select(item => item.Key));
        Assert.Equal(["a/1", "a/10", "a/2"], snapshot.In("a").ToArray().Select(item => item.Key));
        Assert.Equal(["a/0", "a/10", "a/2"], store.Snapshot(Things).In("a").ToArray().Select(item => item.Key));
        Assert.True(snapshot.In("none").IsEmpty);
    }

    /// <summary>Random histories: the cache shows what a dictionary shows, and a watcher who replays every change ends there too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task History_Random_IsTheSameForReadersAndWatchers(int seed)
    {
        var random = new Random(seed);
        var model = new Dictionary<string, long>(StringComparer.Ordinal);
        var seen = new SortedDictionary<string, long>(StringComparer.Ordinal);
        Assert.True(store.Cache(Things).TryStart(store.Revision, out var position));
        var changes = new List<WatchEvent>();
        for (var i = 0; i < 400; i++)
        {
            var key = $"n{random.Next(3)}/o{random.Next(6)}";
            var there = model.TryGetValue(key, out var revision);
            var kind = !there ? WriteKind.Create : random.Next(3) == 0 ? WriteKind.Delete : WriteKind.Update;
            var outcome = await WriteAsync(kind, key, revision);
            Assert.Equal(WriteResult.Written, outcome.Result);
            if (kind == WriteKind.Delete)
            {
                model.Remove(key);
            }
            else
            {
                model[key] = outcome.Object!.Revision;
            }

            // The ring holds eight: a watcher that reads at least that often misses nothing.
            if (random.Next(5) == 0 || i % 7 == 6 || i == 399)
            {
                Assert.True(store.Cache(Things).TryRead(ref position, changes, () => store.Revision, out var upTo, out _));
                Assert.Equal(store.Revision, upTo);
            }
        }

        foreach (var change in changes)
        {
            if (change.Kind == WriteKind.Delete)
            {
                seen.Remove(change.Object.Key);
            }
            else
            {
                seen[change.Object.Key] = change.Revision;
            }
        }

        var expected = model.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToArray();
        Assert.Equal(expected, seen.ToArray());
        Assert.Equal(expected, store.Snapshot(Things).All.ToArray().Select(item => KeyValuePair.Create(item.Key, item.Revision)));
    }

    [Fact]
    public async Task Ring_Overtaken_TellsTheWatcher()
    {
        Assert.True(store.Cache(Things).TryStart(store.Revision, out var position));
        for (var i = 0; i < 9; i++)
        {
            await WriteAsync(WriteKind.Create, $"ns/o{i}");
        }

        Assert.False(store.Cache(Things).TryRead(ref position, [], () => store.Revision, out _, out _));
    }

    [Fact]
    public async Task Writers_ManyAtOnce_EachGetTheirOwnRevision()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => WriteAsync(WriteKind.Create, $"ns/m{i}")));
        Assert.All(outcomes, outcome => Assert.Equal(WriteResult.Written, outcome.Result));
        Assert.Equal(500, outcomes.Select(outcome => outcome.Object!.Revision).Distinct().Count());
        Assert.Equal(500, store.Snapshot(Things).All.Length);
    }
}
