using Microsoft.AspNetCore.Http.Features;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Watch;

/// <summary>Streams a resource's changes as watch events, one JSON object per line.</summary>
internal sealed class ResourceWatcher(ObjectStore store, TimeProvider time, CancellationToken stopping)
{
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);

    /// <summary>Runs until the client leaves, the time is over, the server stops, or the changes asked for are gone (410).</summary>
    public async Task RunAsync(ApiRequest request, ResponseForm form)
    {
        var options = ListOptions.Read(request);
        var name = request.Name ?? options.Fields.Name;
        var cache = store.Cache(request.Resource.Stored);
        var scope = new WatchScope(request.Namespace, request.Name, options);

        // Without a version, or with 0, the watch begins with what there is now.
        var initial = options.SendInitialEvents || options.ResourceVersion is null or 0 ? store.Snapshot(request.Resource.Stored) : null;
        var from = initial?.Revision ?? options.ResourceVersion!.Value;
        if (options.ResourceVersion > store.Revision)
        {
            throw ApiErrors.FutureRevision(options.ResourceVersion.Value, store.Revision);
        }

        if (!cache.TryStart(from, out var position))
        {
            throw ApiErrors.TooOld(from, store.Revision);
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping, request.Resource.Withdrawn);
        ended.CancelAfter(options.Timeout ?? TimeSpan.FromSeconds(Random.Shared.Next(1800, 3600)));
        request.Http.Response.ContentType = "application/json";
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var sink = new WatchSink(request, form, time);
        try
        {
            await request.Http.Response.StartAsync(ended.Token);
            await request.Http.Response.Body.FlushAsync(ended.Token);
            if (initial is not null)
            {
                await SendInitialAsync(sink, initial, scope, options, ended.Token);
            }

            await FollowAsync(cache, position, sink, scope, options, ended.Token);
        }
        catch (OperationCanceledException)
        {
            // The end of every watch: the client, the timeout or the server.
        }
    }

    private static async Task SendInitialAsync(WatchSink sink, ResourceSnapshot initial, WatchScope scope, ListOptions options, CancellationToken ended)
    {
        var objects = initial.In(scope.Namespace).ToArray();
        foreach (var item in objects)
        {
            if (scope.Matches(item))
            {
                sink.Add("ADDED", item);
                await sink.FlushIfFullAsync(ended);
            }
        }

        if (options is { SendInitialEvents: true, AllowBookmarks: true })
        {
            sink.AddBookmark(initial.Revision, isEndOfInitialEvents: true);
        }

        await sink.FlushAsync(ended);
    }

    private async Task FollowAsync(ResourceCache cache, long position, WatchSink sink, WatchScope scope, ListOptions options, CancellationToken ended)
    {
        var changes = new List<WatchEvent>();
        var bookmarkDue = options.AllowBookmarks ? Task.Delay(BookmarkInterval, time, ended) : null;
        while (true)
        {
            changes.Clear();
            if (!cache.TryRead(ref position, changes, () => store.Revision, out var revision, out var more))
            {
                sink.AddError(ApiErrors.Expired("the watch fell behind the changes that are kept"));
                await sink.FlushAsync(ended);
                return;
            }

            foreach (var change in changes)
            {
                if (scope.TypeOf(change) is { } type)
                {
                    sink.Add(type, change.Object);
                    await sink.FlushIfFullAsync(ended);
                }
            }

            if (bookmarkDue is { IsCompletedSuccessfully: true })
            {
                sink.AddBookmark(revision, isEndOfInitialEvents: false);
                bookmarkDue = Task.Delay(BookmarkInterval, time, ended);
            }

            await sink.FlushAsync(ended);
            await (bookmarkDue is null ? more : Task.WhenAny(more, bookmarkDue)).WaitAsync(ended);
        }
    }
}
