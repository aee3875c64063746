using FsCheck;
using FsCheck.Fluent;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Tests;

public class ObjectStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Set_SameVersion_ChangesNothing()
    {
        var store = new ObjectStore<Pod>();
        var changes = Changes(store);
        Assert.True(store.Set(Pod("a", "1")));
        Assert.False(store.Set(Pod("a", "1")));
        Assert.True(store.Set(Pod("a", "2")));
        Assert.True(store.Remove(new ObjectKey("n", "a")));
        Assert.False(store.Remove(new ObjectKey("n", "a")));
        Assert.Equal(["n/a:>1", "n/a:1>2", "n/a:2>"], changes);
    }

    [Fact]
    public void Set_AnotherUid_IsADeletionAndAnAddition()
    {
        var store = new ObjectStore<Pod>();
        var changes = Changes(store);
        store.Set(Pod("a", "1", uid: "x"));
        store.Set(Pod("a", "2", uid: "y"));
        Assert.Equal(["n/a:>1", "n/a:1>", "n/a:>2"], changes);
    }

    [Fact]
    public void Listener_SeesTheStoreAsItIsAfterTheChange()
    {
        var store = new ObjectStore<Pod>();
        var seen = new List<string?>();
        store.Subscribe(change => seen.Add(store.Get("n", change.Key.Name)?.Metadata.ResourceVersion));
        store.Set(Pod("a", "1"));
        store.Remove(new ObjectKey("n", "a"));
        Assert.Equal(["1", null], seen);
    }

    [Fact]
    public void Subscribe_GivesWhatIsThere_AndEndsOnDispose()
    {
        var store = new ObjectStore<Pod>();
        store.Set(Pod("a", "1"));
        var changes = new List<string>();
        var subscription = store.Subscribe(change => changes.Add(change.Key.Name));
        store.Set(Pod("b", "1"));
        subscription.Dispose();
        store.Set(Pod("c", "1"));
        Assert.Equal(["a", "b"], changes);
    }

    [Fact]
    public void Index_FollowsChanges()
    {
        var store = new ObjectStore<Pod>();
        store.Set(Pod("a", "1", node: "node1"));
        store.AddIndex("node", pod => pod.Spec.NodeName is { } node ? [node] : []);
        store.Set(Pod("b", "1", node: "node1"));
        store.Set(Pod("c", "1"));
        Assert.Equal(["a", "b"], Names(store, "node1"));
        store.Set(Pod("a", "2", node: "node2"));
        Assert.Equal(["b"], Names(store, "node1"));
        Assert.Equal(["a"], Names(store, "node2"));
        store.Replace([Pod("c", "5", node: "node2")]);
        Assert.Empty(Names(store, "node1"));
        Assert.Equal(["c"], Names(store, "node2"));
        Assert.Throws<KeyNotFoundException>(() => store.ByIndex("zone", "x"));
        Assert.Throws<ArgumentException>(() => store.AddIndex("node", _ => []));
    }

    [Fact]
    public async Task Sync_ComesWithTheFirstWholeList()
    {
        var store = new ObjectStore<Pod>();
        var wait = store.WaitForSyncAsync(Cancel);
        store.Set(Pod("a", "1"));
        Assert.False(store.HasSynced);
        Assert.False(wait.IsCompleted);
        store.Replace([]);
        await wait;
        Assert.True(store.HasSynced);
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public async Task WaitForSync_CanBeGivenUp()
    {
        using var stop = new CancellationTokenSource();
        var wait = new ObjectStore<Pod>().WaitForSyncAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public void ClusterScoped_HaveNoNamespace()
    {
        var store = new ObjectStore<Node>();
        store.Set(new Node { Metadata = { Name = "node1" } });
        Assert.NotNull(store.Get(null, "node1"));
        Assert.Equal("node1", new ObjectKey("", "node1").ToString());
        Assert.Equal(new ObjectKey("n", "a"), ObjectKey.Parse("n/a"));
        Assert.Equal(new ObjectKey("", "a"), ObjectKey.Parse("a"));
    }

    [Fact]
    public void Listener_CanRebuildTheStore_FromAnyOperations()
    {
        var name = Gen.Elements("a", "b", "c", "d");
        var version = Gen.Choose(1, 5).Select(n => n.ToString());
        var uid = Gen.Elements("x", "y");
        var pod = from n in name from v in version from u in uid select (n, v, u);
        var step = Gen.OneOf(
            pod.Select(p => (Action<ObjectStore<Pod>>)(store => store.Set(Pod(p.n, p.v, p.u)))),
            name.Select(n => (Action<ObjectStore<Pod>>)(store => store.Remove(new ObjectKey("n", n)))),
            Gen.ListOf(pod).Select(list => (Action<ObjectStore<Pod>>)(store => store.Replace(list.DistinctBy(p => p.n).Select(p => Pod(p.n, p.v, p.u))))));
        Prop.ForAll(Gen.ListOf(step).ToArbitrary(), steps =>
        {
            var store = new ObjectStore<Pod>().AddIndex("uid", value => [value.Metadata.Uid!]);
            var mirror = new Dictionary<ObjectKey, Pod>();
            var consistent = true;
            store.Subscribe(change =>
            {
                consistent &= mirror.GetValueOrDefault(change.Key) == change.Old;
                if (change.New is { } now)
                {
                    mirror[change.Key] = now;
                }
                else
                {
                    mirror.Remove(change.Key);
                }
            });
            foreach (var act in steps)
            {
                act(store);
            }

            var all = store.List();
            var indexed = store.ByIndex("uid", "x").Concat(store.ByIndex("uid", "y")).ToHashSet();
            return consistent && mirror.Values.ToHashSet().SetEquals(all) && indexed.SetEquals(all) && store.Count == all.Count;
        }).Holds();
    }

    private static string[] Names(ObjectStore<Pod> store, string node) =>
        [.. store.ByIndex("node", node).Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal)];

    private static Pod Pod(string name, string version, string uid = "u", string? node = null) => new()
    {
        Metadata = { Name = name, Namespace = "n", ResourceVersion = version, Uid = uid },
        Spec = { NodeName = node },
    };

    private static List<string> Changes(ObjectStore<Pod> store)
    {
        var changes = new List<string>();
        store.Subscribe(change => changes.Add($"{change.Key}:{change.Old?.Metadata.ResourceVersion}>{change.New?.Metadata.ResourceVersion}"));
        return changes;
    }
}
