using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>
/// A controller that works on one object at a time: changes of the feeds put keys into a queue, workers take them out and bring that object to what it
/// should be. A key is never worked on twice at a time; one that failed comes back with growing waits.
/// </summary>
internal abstract class KeyedController(string name, ILogger logger, int workers = 4) : IController, IDisposable
{
    private static readonly Backoff Wait = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30), 0.2);

    /// <inheritdoc/>
    public string Name => name;

    /// <summary>Where failures are told.</summary>
    protected ILogger Logger => logger;

    /// <summary>The keys to be worked on.</summary>
    protected WorkQueue<ObjectKey> Queue { get; } = new(Wait);

    /// <summary>Cancelled when the controller is asked to end: no more writes are begun. Those begun have their <see cref="Grace"/>.</summary>
    protected CancellationToken Stopping { get; private set; }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var grace = new Grace(cancel);
        Stopping = cancel;
        var subscriptions = Subscribe();
        try
        {
            await Queue.RunAsync((key, _) => SyncAsync(key, grace.Token), Failed, workers, cancel).ConfigureAwait(false);
        }
        finally
        {
            foreach (var subscription in subscriptions)
            {
                subscription.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Queue.Dispose();

    /// <summary>Lets changes of the feeds put keys into the queue.</summary>
    protected abstract IReadOnlyList<IDisposable> Subscribe();

    /// <summary>Brings one object to what it should be. An exception makes the key come back. The token is that of the <see cref="Grace"/>.</summary>
    protected abstract Task SyncAsync(ObjectKey key, CancellationToken cancel);

    /// <summary>A subscription that queues the objects themselves.</summary>
    protected IDisposable Own<T>(Feed<T> feed)
        where T : class, IKubeObject => feed.Store.Subscribe(change => Queue.Add(change.Key));

    /// <summary>A subscription that queues the controlling owners, of one kind, of objects that change.</summary>
    protected IDisposable Owners<T>(Feed<T> feed, string kind)
        where T : class, IKubeObject => feed.Store.Subscribe(change =>
        {
            foreach (var value in new[] { change.Old, change.New })
            {
                if (value is not null && ControllerReference.Of(value) is { } owner && owner.Kind == kind)
                {
                    Queue.Add(new(value.Metadata.Namespace ?? string.Empty, owner.Name));
                }
            }
        });

    private void Failed(ObjectKey key, Exception failure, int failures)
    {
        // Somebody else was faster: the watch shows what they did, and the next try takes it in.
        if (failure is KubeApiException { IsConflict: true } or KubeApiException { IsNotFound: true })
        {
            ControllersLog.Retry(logger, name, key.ToString(), failure.Message);
            return;
        }

        ControllersLog.SyncFailed(logger, name, key.ToString(), failures, failure.Message, failure is KubeApiException or HttpRequestException or IOException or TimeoutException ? null : failure);
    }
}
