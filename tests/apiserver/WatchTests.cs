namespace Podwire.ApiServer.Tests;

/// <summary>Watches: what they see, where they start, when they are too late.</summary>
public sealed class WatchTests : IAsyncLifetime
{
    private const string Path = "/api/v1/namespaces/default/configmaps";
    private readonly TestServer server = new() { WatchCacheSize = 16 };

    public ValueTask InitializeAsync() => server.InitializeAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private Task CreateAsync(string name, string labels = "{}") => server.CreateAsync(Path, $$$"""{"metadata":{"name":"{{{name}}}","labels":{{{labels}}}}}""");

    private Task LabelAsync(string name, string labels) => server.SendAsync("PATCH", $"{Path}/{name}", $$$"""{"metadata":{"labels":{{{labels}}}}}""", "application/merge-patch+json");

    private async Task<string> RevisionAsync() => (await server.SendAsync("GET", Path)).Body["metadata"]!["resourceVersion"]!.GetValue<string>();

    [Fact]
    public async Task Watch_FromARevision_SeesEveryChangeAfterItInOrder()
    {
        await CreateAsync("before");
        var revision = await RevisionAsync();
        await CreateAsync("a");
        await server.SendAsync("DELETE", $"{Path}/before");
        using var watch = await WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true&resourceVersion={revision}");
        Assert.Equal("ADDED a", await watch.NextTextAsync());
        Assert.Equal("DELETED before", await watch.NextTextAsync());
        await LabelAsync("a", """{"x":"1"}""");
        Assert.Equal("MODIFIED a", await watch.NextTextAsync());
    }

    [Fact]
    public async Task Watch_WithoutARevision_BeginsWithWhatIsThere()
    {
        await CreateAsync("there");
        using var watch = await WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true");
        Assert.Equal("ADDED there", await watch.NextTextAsync());
        await server.SendAsync("DELETE", $"{Path}/there");
        Assert.Equal("DELETED there", await watch.NextTextAsync());
    }

    [Fact]
    public async Task Watch_WithASelector_SeesObjectsComeAndGo()
    {
        await CreateAsync("s");
        using var watch = await WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true&labelSelector=x%3D1&resourceVersion={await RevisionAsync()}");
        await LabelAsync("s", """{"x":"1"}""");
        Assert.Equal("ADDED s", await watch.NextTextAsync());
        await LabelAsync("s", """{"y":"1"}""");
        Assert.Equal("MODIFIED s", await watch.NextTextAsync());
        await LabelAsync("s", """{"x":"2"}""");
        Assert.Equal("DELETED s", await watch.NextTextAsync());
        await CreateAsync("t", """{"x":"1"}""");
        Assert.Equal("ADDED t", await watch.NextTextAsync());
    }

    [Fact]
    public async Task Watch_WithInitialEvents_EndsThemWithABookmark()
    {
        await CreateAsync("i");
        using var watch = await WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        Assert.Equal("ADDED i", await watch.NextTextAsync());
        var bookmark = await watch.NextAsync();
        Assert.Equal("BOOKMARK", bookmark!["type"]!.GetValue<string>());
        Assert.Equal("true", bookmark["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
        Assert.Equal(await RevisionAsync(), bookmark["object"]!["metadata"]!["resourceVersion"]!.GetValue<string>());
    }

    [Fact]
    public async Task Watch_FromBelowTheRing_IsGone()
    {
        var revision = await RevisionAsync();
        for (var i = 0; i < 20; i++)
        {
            await CreateAsync($"r{i}");
        }

        var (code, status) = await server.SendAsync("GET", $"{Path}?watch=true&resourceVersion={revision}");
        Assert.Equal((410, "Expired"), (code, status["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Watch_AfterARestart_IsGoneOrGoesOn()
    {
        await CreateAsync("one");
        var old = await RevisionAsync();
        await CreateAsync("two");
        await server.RestartAsync();
        Assert.Equal(410, (await server.SendAsync("GET", $"{Path}?watch=true&resourceVersion={old}")).Code);
        var (_, list) = await server.SendAsync("GET", Path);
        Assert.True(long.Parse(list["metadata"]!["resourceVersion"]!.GetValue<string>()) > long.Parse(old));
        using var watch = await WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true&resourceVersion={list["metadata"]!["resourceVersion"]}");
        await CreateAsync("three");
        Assert.Equal("ADDED three", await watch.NextTextAsync());
    }

    [Fact]
    public async Task Watch_AsTable_SendsItsColumnsOnce()
    {
        await CreateAsync("t1");
        await CreateAsync("t2");
        using var watch = await WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        var first = await watch.NextAsync();
        Assert.Equal("Table", first!["object"]!["kind"]!.GetValue<string>());
        Assert.NotEmpty(first["object"]!["columnDefinitions"]!.AsArray());
        Assert.Equal("t1", first["object"]!["rows"]![0]!["cells"]![0]!.GetValue<string>());
        Assert.Empty((await watch.NextAsync())!["object"]!["columnDefinitions"]!.AsArray());
    }

    [Fact]
    public async Task Watch_WithATimeout_Ends()
    {
        using var watch = await WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true&timeoutSeconds=1&resourceVersion={await RevisionAsync()}");
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task ManyWatchers_SeeTheSameChanges()
    {
        var revision = await RevisionAsync();
        var watches = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => WatchStream.OpenAsync(server.Admin, $"{Path}?watch=true&resourceVersion={revision}")));
        for (var i = 0; i < 10; i++)
        {
            await CreateAsync($"m{i}");
        }

        foreach (var watch in watches)
        {
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal($"ADDED m{i}", await watch.NextTextAsync());
            }

            watch.Dispose();
        }
    }
}
