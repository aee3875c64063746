using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>A controller that looks at everything at once, whenever something may have changed and at least every so often.</summary>
internal abstract class LoopController : IController
{
    private readonly ReconcileLoop loop;

    /// <summary>A controller of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="logger">Where failures are told.</param>
    /// <param name="least">The least time between two looks.</param>
    /// <param name="most">The longest time between two looks.</param>
    /// <param name="time">The clock.</param>
    protected LoopController(string name, ILogger logger, TimeSpan least, TimeSpan most, TimeProvider time)
    {
        Name = name;
        Logger = logger;
        loop = new(SyncAsync, new ReconcileLoopOptions { Name = name, MinInterval = least, MaxInterval = most, Time = time, Logger = logger });
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Where failures are told.</summary>
    protected ILogger Logger { get; }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancel)
    {
        var subscriptions = Subscribe();
        loop.Signal();
        try
        {
            await loop.RunAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            foreach (var subscription in subscriptions)
            {
                subscription.Dispose();
            }
        }
    }

    /// <summary>Lets changes of the feeds signal the loop.</summary>
    protected abstract IReadOnlyList<IDisposable> Subscribe();

    /// <summary>Looks at everything and acts.</summary>
    protected abstract Task SyncAsync(CancellationToken cancel);

    /// <summary>A subscription that signals the loop at every change.</summary>
    protected IDisposable Any<T>(Feed<T> feed)
        where T : class, IKubeObject => feed.Store.Subscribe(_ => loop.Signal());

    /// <summary>A subscription that signals the loop at changes that matter.</summary>
    protected IDisposable When<T>(Feed<T> feed, Func<ObjectChange<T>, bool> matters)
        where T : class, IKubeObject => feed.Store.Subscribe(change =>
        {
            if (matters(change))
            {
                loop.Signal();
            }
        });
}
