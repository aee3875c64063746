using System.Collections.Concurrent;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Tests;

public class ReflectorTests
{
    private static readonly Backoff Quick = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(5));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_ThenWatch_FollowsTheServer()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Put("a", "1");
        await using var run = Run.Start(server);
        await run.Reflector.WaitForSyncAsync(Cancel);
        server.Put("b", "1");
        server.Put("a", "2");
        server.Delete("b");
        server.Put("c", "1");
        await run.HoldsAsync("a=2", "c=1");
        Assert.Equal(["+a=1", "+b=1", "a=1>2", "-b=1", "+c=1"], run.Changes);
        var list = Assert.Single(server.Lists);
        Assert.Contains("resourceVersion=0", list, StringComparison.Ordinal);
        var watch = Assert.Single(server.Watches);
        Assert.Contains("allowWatchBookmarks=true", watch, StringComparison.Ordinal);
        Assert.Contains("timeoutSeconds=", watch, StringComparison.Ordinal);
        Assert.Equal("ConfigMap", run.Store.Get("default", "a")!.Kind);
        Assert.All(run.Store.List(), map => Assert.DoesNotContain("managedFields", map.Metadata.Unknown!.Keys));
        Assert.True(run.Reflector.Health.IsWatching);
        Assert.Equal(0, run.Reflector.Health.Failures);
    }

    [Fact]
    public async Task List_IsReadPageByPage()
    {
        await using var server = await FakeApiServer.StartAsync();
        foreach (var name in "abcde")
        {
            server.Put(name.ToString());
        }

        await using var run = Run.Start(server, new ReflectorOptions { PageSize = 2 });
        await run.Reflector.WaitForSyncAsync(Cancel);
        Assert.Equal(5, run.Store.Count);
        Assert.Equal(3, server.Lists.Count());
        Assert.All(server.Lists.Skip(1), page => Assert.DoesNotContain("resourceVersion", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WatchEndsOrBreaks_NextOneGoesOnFromTheLastEvent(bool abort)
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var run = Run.Start(server);
        await run.WatchingAsync(server, 1);
        server.Put("a", "1");
        await run.HoldsAsync("a=1");
        var at = server.Revision;
        server.EndWatches(abort);
        await run.WatchingAsync(server, 2);
        server.Put("b", "1");
        await run.HoldsAsync("a=1", "b=1");
        Assert.Contains($"resourceVersion={at}", server.Watches.Last(), StringComparison.Ordinal);
        Assert.Single(server.Lists);
    }

    [Fact]
    public async Task Bookmark_MovesTheVersionWithoutAChange()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var run = Run.Start(server);
        await run.WatchingAsync(server, 1);
        server.Bookmark();
        server.Compact();
        var at = server.Revision;
        await Eventually.TrueAsync(() => run.Reflector.Health.ResourceVersion == at);
        server.EndWatches();
        await run.WatchingAsync(server, 2);
        Assert.Contains($"resourceVersion={at}", server.Watches.Last(), StringComparison.Ordinal);
        Assert.Single(server.Lists);
        Assert.Empty(run.Changes);
    }

    [Fact]
    public async Task Gone_ListsAgainFromTheNewestState_AndDeletesWhatVanished()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Put("a", "1");
        server.Put("b", "1");
        server.Put("c", "1");
        await using var run = Run.Start(server);
        await run.WatchingAsync(server, 1);
        server.Mute = true;
        server.EndWatches(abort: true);
        server.Delete("a");
        server.Put("b", "2");
        server.Delete("c");
        server.Put("c", "9", uid: "another");
        server.Put("d", "1");
        server.Compact();
        server.Mute = false;
        await run.HoldsAsync("b=2", "c=9", "d=1");
        await Eventually.TrueAsync(() => run.Changes.Count == 8);
        Assert.Equal(["+a=1", "+b=1", "+c=1"], run.Changes.Take(3));
        Assert.Equal(["+c=9", "+d=1", "-a=1", "-c=1", "b=1>2"], run.Changes.Skip(3).Order(StringComparer.Ordinal));
        Assert.True(run.Changes.ToList().IndexOf("-c=1") < run.Changes.ToList().IndexOf("+c=9"));
        Assert.DoesNotContain("resourceVersion", server.Lists.ElementAt(1), StringComparison.Ordinal);
        Assert.Equal(2, run.Reflector.Health.Lists);
    }

    [Fact]
    public async Task Replace_IsSeenAsAWhole()
    {
        var store = new ObjectStore<ConfigMap>();
        ConfigMap[] Generation(int number) => [.. Enumerable.Range(0, 100).Select(i => Map($"{number}-{i}", number.ToString()))];
        store.Replace(Generation(0));
        using var done = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    Assert.Single(store.List().Select(map => map.Data["value"]).Distinct());
                }
            },
            Cancel);
        for (var i = 1; i < 200; i++)
        {
            store.Replace(Generation(i));
        }

        await done.CancelAsync();
        await reader;
    }

    [Fact]
    public async Task Failures_AreRetriedWithGrowingWaits()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Fail = 6;
        var time = new ManualTime();
        await using var run = Run.Start(server, new ReflectorOptions { Time = time, Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), 0) });
        foreach (var seconds in new[] { 1, 2, 4, 8, 8, 8 })
        {
            await time.PendingAsync(1);
            Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.Single(time.Pending));
            Assert.False(run.Reflector.HasSynced);
            Assert.Contains("503", run.Reflector.Health.LastError!, StringComparison.Ordinal);
            time.Advance(TimeSpan.FromSeconds(seconds));
        }

        await run.Reflector.WaitForSyncAsync(Cancel);
        Assert.Null(run.Reflector.Health.LastError);
        Assert.Equal(7, server.Http.Requests.Count(request => !request.Contains("watch", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ServerAway_StoreStays_AndCatchesUp()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Put("a", "1");
        await using var run = Run.Start(server);
        await run.WatchingAsync(server, 1);
        server.Fail = 5;
        server.EndWatches(abort: true);
        server.Put("b", "1");
        await run.HoldsAsync("a=1", "b=1");
        Assert.Equal(1, run.Reflector.Health.Lists);
    }

    [Fact]
    public async Task HalfClosedConnection_IsGivenUpAfterSilence()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Mute = true;
        await using var run = Run.Start(server, new ReflectorOptions { IdleTimeout = TimeSpan.FromMilliseconds(50) });
        await Eventually.TrueAsync(() => server.Watches.Count() >= 2);
        server.Put("a", "1");
        server.Mute = false;
        await run.HoldsAsync("a=1");
        Assert.Equal(1, run.Reflector.Health.Lists);
    }

    [Fact]
    public async Task WatchThatEndsAtOnce_IsNotRepeatedAtOnce()
    {
        await using var server = await FakeApiServer.StartAsync();
        var time = new ManualTime();
        await using var run = Run.Start(server, new ReflectorOptions { Time = time });
        await run.WatchingAsync(server, 1);
        server.EndWatches();
        await time.PendingAsync(1);
        Assert.InRange(Assert.Single(time.Pending), TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.6));
        Assert.Single(server.Watches);
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("{\"type\":\"ADDED\"}\n")]
    [InlineData("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\"}}}\n")]
    [InlineData("{\"type\":\"NEWS\",\"object\":{\"metadata\":{\"name\":\"x\",\"resourceVersion\":\"1\"}}}\n")]
    [InlineData("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":500,\"message\":\"etcd is away\"}}\n")]
    public async Task NonsenseInAWatch_IsAFailure_NotTheEnd(string line)
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var run = Run.Start(server);
        await run.WatchingAsync(server, 1);
        server.Send(line);
        await run.WatchingAsync(server, 2);
        server.Put("a", "1");
        await run.HoldsAsync("a=1");
        Assert.Equal(1, run.Reflector.Health.Lists);
    }

    [Fact]
    public async Task SlowConsumer_LosesNothing()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var run = Run.Start(server, slow: true);
        await run.WatchingAsync(server, 1);
        var big = new string('x', 4000);
        for (var i = 0; i < 300; i++)
        {
            server.Put($"m{i % 10}", big + i);
        }

        server.Put("last", "1");
        await Eventually.TrueAsync(() => run.Store.Get("default", "last") is not null);
        Assert.Equal(301, run.Changes.Count);
        Assert.Equal(big + 299, run.Store.Get("default", "m9")!.Data["value"]);
        Assert.Single(server.Watches);
    }

    [Fact]
    public async Task EventsWithLongLinesAndBlankOnes_AreRead()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var run = Run.Start(server);
        await run.WatchingAsync(server, 1);
        server.Send("\n  \r\n");
        server.Put("big", new string('y', 1_000_000));
        await Eventually.TrueAsync(() => run.Store.Get("default", "big")?.Data["value"].Length == 1_000_000);
        Assert.Single(server.Watches);
    }

    [Fact]
    public async Task Selectors_AndNamespace_AreAsked()
    {
        await using var server = await FakeApiServer.StartAsync();
        await using var run = Run.Start(server, new ReflectorOptions { Namespace = "default", LabelSelector = "a in (b,c)", FieldSelector = "metadata.name=x" });
        await run.WatchingAsync(server, 1);
        Assert.All(server.Http.Requests, request =>
        {
            Assert.StartsWith("GET /api/v1/namespaces/default/configmaps?", request, StringComparison.Ordinal);
            Assert.Contains("labelSelector=a%20in%20%28b%2Cc%29&fieldSelector=metadata.name%3Dx", request, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Cancel_EndsItQuietly()
    {
        await using var server = await FakeApiServer.StartAsync();
        var run = Run.Start(server);
        await run.WatchingAsync(server, 1);
        await run.DisposeAsync();
        await Eventually.TrueAsync(() => server.OpenWatches == 0);
    }

    private static ConfigMap Map(string name, string value) => new()
    {
        Metadata = { Name = name, Namespace = "default", ResourceVersion = value },
        Data = { ["value"] = value },
    };

    /// <summary>A reflector that runs against the fake until disposed, with its changes as short texts.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private KubeClient client = null!;
        private Task task = Task.CompletedTask;

        public ObjectStore<ConfigMap> Store { get; } = new();

        public Reflector<ConfigMap> Reflector { get; private set; } = null!;

        public ConcurrentQueue<string> Changes { get; } = new();

        public static Run Start(FakeApiServer server, ReflectorOptions? options = null, bool slow = false)
        {
            var run = new Run { client = server.Http.Client() };
            options ??= new ReflectorOptions();
            if (ReferenceEquals(options.Time, TimeProvider.System))
            {
                options = options with { Backoff = Quick };
            }

            run.Store.Subscribe(change =>
            {
                string Value(ConfigMap map) => map.Data["value"];
                run.Changes.Enqueue(change switch
                {
                    { IsAdded: true } => $"+{change.Key.Name}={Value(change.New!)}",
                    { IsDeleted: true } => $"-{change.Key.Name}={Value(change.Old!)}",
                    _ => $"{change.Key.Name}={Value(change.Old!)}>{Value(change.New!)}",
                });
                if (slow)
                {
                    Thread.Sleep(1);
                }
            });
            run.Reflector = new Reflector<ConfigMap>(run.client, KubeResources.ConfigMaps, run.Store, options);
            run.task = run.Reflector.RunAsync(run.stop.Token);
            return run;
        }

        public Task WatchingAsync(FakeApiServer server, int count) =>
            Eventually.TrueAsync(() => server.OpenWatches == 1 && server.Watches.Count() >= count && Reflector.Health.IsWatching);

        public Task HoldsAsync(params string[] expected) =>
            Eventually.TrueAsync(() => expected.SequenceEqual(Store.List().Select(map => $"{map.Metadata.Name}={map.Data["value"]}").Order(StringComparer.Ordinal)));

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await task;
            client.Dispose();
            stop.Dispose();
        }
    }
}
