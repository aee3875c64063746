namespace Podwire.Kube;

/// <summary>
/// Keys of things to be worked on. A key that is added while it waits stays one; one that is added while it is being
/// worked on comes again afterwards, so no key is ever worked on twice at a time. Failed keys come back with growing waits.
/// </summary>
/// <remarks>
/// Usage: <c>while (await queue.TakeAsync(cancel) is (true, var key)) { try { ...; queue.Forget(key); } catch { queue.Retry(key); } finally { queue.Done(key); } }</c>,
/// or <see cref="RunAsync"/>, which does just that.
/// </remarks>
/// <typeparam name="TKey">The key.</typeparam>
public sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Queue<TKey> ready = new();
    private readonly HashSet<TKey> dirty = [];
    private readonly HashSet<TKey> processing = [];
    private readonly Dictionary<TKey, int> failures = [];
    private readonly Dictionary<TKey, Delayed> delayed = [];
    private readonly SemaphoreSlim available = new(0);
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private bool shutDown;

    /// <summary>An empty queue.</summary>
    /// <param name="backoff">Waits of failed keys; null is <see cref="Backoff.Queue"/>.</param>
    /// <param name="time">Clock and timers; null is the system's.</param>
    public WorkQueue(Backoff? backoff = null, TimeProvider? time = null)
    {
        this.backoff = backoff ?? Backoff.Queue;
        this.time = time ?? TimeProvider.System;
    }

    /// <summary>Keys that wait to be taken now (not those whose time has not come).</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return ready.Count;
            }
        }
    }

    /// <summary>Adds a key, unless it waits already. Ignored after <see cref="ShutDown"/>.</summary>
    public void Add(TKey key)
    {
        lock (gate)
        {
            if (shutDown || !dirty.Add(key) || processing.Contains(key))
            {
                return;
            }

            ready.Enqueue(key);
            available.Release();
        }
    }

    /// <summary>Adds a key once <paramref name="wait"/> has passed; of several times for a key the earliest counts.</summary>
    public void AddAfter(TKey key, TimeSpan wait)
    {
        if (wait <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        lock (gate)
        {
            var due = time.GetUtcNow() + wait;
            if (shutDown)
            {
                return;
            }

            if (delayed.TryGetValue(key, out var earlier))
            {
                if (earlier.Due <= due)
                {
                    return;
                }

                earlier.Timer.Dispose();
            }

            var entry = new Delayed(due);
            delayed[key] = entry;
            entry.Timer = time.CreateTimer(_ => Elapse(key, entry), null, wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Adds a key that failed, after a wait that doubles with each failure until <see cref="Forget"/>.</summary>
    public void Retry(TKey key)
    {
        int count;
        lock (gate)
        {
            count = failures.GetValueOrDefault(key) + 1;
            failures[key] = count;
        }

        AddAfter(key, backoff.After(count, Random.Shared.NextDouble()));
    }

    /// <summary>Clears a key's failures, after a success.</summary>
    public void Forget(TKey key)
    {
        lock (gate)
        {
            failures.Remove(key);
        }
    }

    /// <summary>How often a key failed since its last success.</summary>
    public int Failures(TKey key)
    {
        lock (gate)
        {
            return failures.GetValueOrDefault(key);
        }
    }

    /// <summary>
    /// Takes the next key, waiting for one; call <see cref="Done"/> when finished with it. Not found means that the queue
    /// was shut down and is empty.
    /// </summary>
    public async ValueTask<(bool Found, TKey? Key)> TakeAsync(CancellationToken cancel)
    {
        while (true)
        {
            await available.WaitAsync(cancel).ConfigureAwait(false);
            lock (gate)
            {
                if (ready.TryDequeue(out var key))
                {
                    dirty.Remove(key);
                    processing.Add(key);
                    return (true, key);
                }

                if (shutDown)
                {
                    // Let the next waiting worker see it too.
                    available.Release();
                    return (false, default);
                }
            }
        }
    }

    /// <summary>Ends work on a key; if it was added meanwhile, it is ready again.</summary>
    public void Done(TKey key)
    {
        lock (gate)
        {
            if (processing.Remove(key) && dirty.Contains(key))
            {
                ready.Enqueue(key);
                available.Release();
            }
        }
    }

    /// <summary>
    /// Works on keys, <paramref name="workers"/> at a time, until <paramref name="cancel"/> or <see cref="ShutDown"/>.
    /// </summary>
    /// <param name="work">Works on one key; an exception makes the key come back later.</param>
    /// <param name="failed">Told of each failure, with how many there were in a row; must not throw.</param>
    /// <param name="workers">How many at a time, at least 1.</param>
    /// <param name="cancel">Ends it.</param>
    public Task RunAsync(Func<TKey, CancellationToken, Task> work, Action<TKey, Exception, int> failed, int workers, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        return Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(work, failed, cancel), CancellationToken.None)));
    }

    /// <summary>Takes no more keys and drops those whose time has not come; workers finish what is ready, then end.</summary>
    public void ShutDown()
    {
        lock (gate)
        {
            if (shutDown)
            {
                return;
            }

            shutDown = true;
            DropDelayed();
            available.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            shutDown = true;
            DropDelayed();
        }

        available.Dispose();
    }

    private async Task WorkAsync(Func<TKey, CancellationToken, Task> work, Action<TKey, Exception, int> failed, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            (bool Found, TKey? Key) taken;
            try
            {
                taken = await TakeAsync(cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (!taken.Found)
            {
                return;
            }

            await WorkOnAsync(taken.Key!, work, failed, cancel).ConfigureAwait(false);
        }
    }

    private async Task WorkOnAsync(TKey key, Func<TKey, CancellationToken, Task> work, Action<TKey, Exception, int> failed, CancellationToken cancel)
    {
        try
        {
            await work(key, cancel).ConfigureAwait(false);
            Forget(key);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // Whatever the work on one key fails of, the others go on; the caller is told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Retry(key);
            failed(key, e, Failures(key));
        }
        finally
        {
            Done(key);
        }
    }

    private void Elapse(TKey key, Delayed entry)
    {
        lock (gate)
        {
            if (!delayed.TryGetValue(key, out var current) || !ReferenceEquals(current, entry))
            {
                return;
            }

            delayed.Remove(key);
        }

        entry.Timer.Dispose();
        Add(key);
    }

    private void DropDelayed()
    {
        foreach (var entry in delayed.Values)
        {
            entry.Timer.Dispose();
        }

        delayed.Clear();
    }

    /// <summary>A key whose time has not come. The queue disposes the timer when it elapses, is replaced or is dropped.</summary>
    private sealed class Delayed(DateTimeOffset due)
    {
        public DateTimeOffset Due { get; } = due;

        public ITimer Timer { get; set; } = null!;
    }
}
