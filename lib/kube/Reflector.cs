using System.Text.Json;
using Microsoft.Extensions.Logging;
using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>
/// Keeps an <see cref="ObjectStore{T}"/> like the server's state: lists once, then watches, and goes on from the last
/// version when a watch ends or breaks. Lists again only when the server no longer knows that version (410). Failures
/// are retried for ever, with growing waits. Objects come without their managed fields.
/// </summary>
/// <remarks>
/// A first list is served from the server's cache (resourceVersion=0); after a 410 it asks for the newest state page by
/// page, because a cache may be as old as what was just refused.
/// </remarks>
public sealed class Reflector<T>
    where T : class, IKubeObject
{
    private static readonly TimeSpan ShortWatch = TimeSpan.FromSeconds(1);
    private readonly KubeClient client;
    private readonly KubeResource<T> resource;
    private readonly ReflectorOptions options;
    private string? version;
    private bool cacheIsStale;
    private int failures;
    private long lists;
    private volatile bool watching;
    private volatile string? lastError;
    private long lastContact;

    /// <summary>A reflector that does nothing until <see cref="RunAsync"/>.</summary>
    public Reflector(KubeClient client, KubeResource<T> resource, ObjectStore<T>? store = null, ReflectorOptions? options = null)
    {
        this.client = client;
        this.resource = resource;
        this.options = options ?? new ReflectorOptions();
        Store = store ?? new ObjectStore<T>();
    }

    /// <summary>What it feeds.</summary>
    public ObjectStore<T> Store { get; }

    /// <summary>True once the store holds a whole list.</summary>
    public bool HasSynced => Store.HasSynced;

    /// <summary>How it is doing. Any thread.</summary>
    public ReflectorHealth Health => new(
        resource.ToString(),
        HasSynced,
        watching,
        Volatile.Read(ref version),
        Volatile.Read(ref failures),
        Interlocked.Read(ref lists),
        Interlocked.Read(ref lastContact) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
        lastError);

    /// <summary>Completes once the store holds a whole list.</summary>
    public Task WaitForSyncAsync(CancellationToken cancel) => Store.WaitForSyncAsync(cancel);

    /// <summary>Runs until <paramref name="cancel"/>, then returns. Call once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                if (version is null)
                {
                    await ListAsync(cancel).ConfigureAwait(false);
                }

                await WatchOnceAsync(cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (KubeApiException e) when (e.IsGone)
            {
                ReflectorLog.Expired(options.Logger, resource.ToString(), version);
                // A second 410 in a row means that the list itself expires: then slow down like after any failure.
                var again = cacheIsStale;
                version = null;
                cacheIsStale = true;
                if (again && !await WaitAsync(e, cancel).ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (Exception e) when (IsExpected(e))
            {
                if (!await WaitAsync(e, cancel).ConfigureAwait(false))
                {
                    return;
                }
            }
            finally
            {
                watching = false;
            }
        }
    }

    private static bool IsExpected(Exception e) =>
        e is KubeApiException or HttpRequestException or IOException or TimeoutException or JsonException
            or UnauthorizedAccessException or OperationCanceledException or System.Net.Sockets.SocketException;

    private async Task ListAsync(CancellationToken cancel)
    {
        var query = new ListOptions
        {
            LabelSelector = options.LabelSelector,
            FieldSelector = options.FieldSelector,
            ResourceVersion = cacheIsStale ? null : "0",
            Limit = options.PageSize,
        };
        var items = new List<T>();
        string? at = null;
        await foreach (var page in client.ListPagesAsync(resource, options.Namespace, query, cancel).ConfigureAwait(false))
        {
            if (resource.ReadItem is null)
            {
                page.Items.ForEach(Slim);
            }

            items.AddRange(page.Items);
            at = page.Metadata.ResourceVersion;
        }

        if (string.IsNullOrEmpty(at))
        {
            throw new JsonException($"the list of {resource} carries no resourceVersion");
        }

        Store.Replace(items);
        Interlocked.Increment(ref lists);
        Volatile.Write(ref version, at);
        Contact();
        ReflectorLog.Listed(options.Logger, resource.ToString(), items.Count, at);
    }

    /// <summary>Follows one watch to its end. Returns normally if the next one can start at once.</summary>
    private async Task WatchOnceAsync(CancellationToken cancel)
    {
        var seconds = options.WatchTimeout.TotalSeconds * (1 + Random.Shared.NextDouble());
        var query = new ListOptions
        {
            LabelSelector = options.LabelSelector,
            FieldSelector = options.FieldSelector,
            ResourceVersion = version,
            TimeoutSeconds = Math.Max(1, (int)seconds),
            AllowWatchBookmarks = true,
        };
        var began = options.Time.GetTimestamp();
        var events = 0;
        var ended = "the server ended it";
        watching = true;
        try
        {
            await foreach (var next in client.WatchAsync(resource, options.Namespace, query, cancel, options.IdleTimeout).ConfigureAwait(false))
            {
                Apply(next);
                events++;
                Contact();
            }
        }
        catch (WatchIdleException e)
        {
            // Quiet or dead, nobody can tell: ask again at once. If the server is gone, that fails.
            ended = e.Message;
        }
        catch (Exception e) when (events > 0 && e is IOException or HttpRequestException && !cancel.IsCancellationRequested)
        {
            // It worked and then broke off: go on from where it got to.
            ended = e.Message;
        }

        watching = false;
        ReflectorLog.WatchEnded(options.Logger, resource.ToString(), version, ended);
        if (events == 0 && options.Time.GetElapsedTime(began) < ShortWatch)
        {
            throw new IOException("the watch ended at once without an event");
        }

        cacheIsStale = false;
        Contact();
    }

    private void Apply(WatchEvent<T> next)
    {
        var meta = next.Object.Metadata;
        if (string.IsNullOrEmpty(meta.ResourceVersion))
        {
            throw new JsonException($"an event for {resource} carries no resourceVersion");
        }

        if (next.Type == WatchEventType.Deleted)
        {
            Store.Remove(ObjectKey.Of(next.Object), next.Object);
        }
        else if (next.Type != WatchEventType.Bookmark)
        {
            if (resource.ReadItem is null)
            {
                Slim(next.Object);
            }

            Store.Set(next.Object);
        }

        Volatile.Write(ref version, meta.ResourceVersion);
        cacheIsStale = false;
    }

    /// <summary>
    /// Managed fields are often half of an object and of no use in a store. An update without them leaves them as they are
    /// on the server.
    /// </summary>
    private static void Slim(T value) => value.Metadata.Unknown?.Remove("managedFields");

    private void Contact()
    {
        Interlocked.Exchange(ref lastContact, options.Time.GetUtcNow().UtcTicks);
        Volatile.Write(ref failures, 0);
        lastError = null;
    }

    /// <summary>Waits after a failure; false if cancelled.</summary>
    private async Task<bool> WaitAsync(Exception e, CancellationToken cancel)
    {
        watching = false;
        var count = Interlocked.Increment(ref failures);
        var wait = options.Backoff.After(count, Random.Shared.NextDouble());
        if (e is KubeApiException { RetryAfter: { } asked } && asked > wait)
        {
            wait = asked;
        }

        lastError = e.Message.ReplaceLineEndings(" ");
        ReflectorLog.Failed(options.Logger, resource.ToString(), lastError, wait.TotalSeconds);
        try
        {
            await Task.Delay(wait, options.Time, cancel).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
