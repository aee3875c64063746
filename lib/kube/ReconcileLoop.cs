using Microsoft.Extensions.Logging;

namespace Podwire.Kube;

/// <summary>
/// Runs one piece of work whenever something may have changed: any number of signals become one run, runs never overlap,
/// a signal during a run leads to another one, and a failed run is repeated with growing waits.
/// </summary>
public sealed partial class ReconcileLoop
{
    private readonly Func<CancellationToken, Task> reconcile;
    private readonly ReconcileLoopOptions options;
    private readonly Lock gate = new();
    private TaskCompletionSource signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReconcileHealth health = new(0, 0, null, false, null);

    /// <summary>A loop around <paramref name="reconcile"/>; it starts with <see cref="RunAsync"/>.</summary>
    public ReconcileLoop(Func<CancellationToken, Task> reconcile, ReconcileLoopOptions? options = null)
    {
        this.reconcile = reconcile;
        this.options = options ?? new ReconcileLoopOptions();
    }

    /// <summary>How it is doing. Any thread.</summary>
    public ReconcileHealth Health
    {
        get
        {
            lock (gate)
            {
                return health with { IsDirty = signal.Task.IsCompleted };
            }
        }
    }

    /// <summary>Says that something may have changed. Any thread; never blocks; cheap enough for every event.</summary>
    public void Signal()
    {
        lock (gate)
        {
            signal.TrySetResult();
        }
    }

    /// <summary>Runs until <paramref name="cancel"/>, then returns. The first run waits for a signal or the longest interval. Call once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await WaitForWorkAsync(cancel).ConfigureAwait(false);
                var began = options.Time.GetTimestamp();
                Begin();
                var wait = await RunOnceAsync(cancel).ConfigureAwait(false);
                var rest = wait ?? options.MinInterval - options.Time.GetElapsedTime(began);
                if (rest > TimeSpan.Zero)
                {
                    await Task.Delay(rest, options.Time, cancel).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    private async Task WaitForWorkAsync(CancellationToken cancel)
    {
        Task work;
        lock (gate)
        {
            work = signal.Task;
        }

        try
        {
            await work.WaitAsync(options.MaxInterval ?? Timeout.InfiniteTimeSpan, options.Time, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nothing was signalled for the longest interval: run all the same, in case a signal was missed.
        }
    }

    /// <summary>Takes up all signals until now; those from here on belong to the next run.</summary>
    private void Begin()
    {
        lock (gate)
        {
            if (signal.Task.IsCompleted)
            {
                signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Runs once; returns how long to wait after a failure.</summary>
    private async Task<TimeSpan?> RunOnceAsync(CancellationToken cancel)
    {
        try
        {
            await reconcile(cancel).ConfigureAwait(false);
            lock (gate)
            {
                health = new ReconcileHealth(health.Runs + 1, 0, options.Time.GetUtcNow(), false, null);
            }

            return null;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a run fails of, the loop must go on; the failure is logged and shown as health.
        catch (Exception e)
#pragma warning restore CA1031
        {
            int failures;
            lock (gate)
            {
                failures = health.Failures + 1;
                health = health with { Runs = health.Runs + 1, Failures = failures, LastError = e.Message.ReplaceLineEndings(" ") };
                signal.TrySetResult();
            }

            var wait = options.Retry.After(failures, Random.Shared.NextDouble());
            Failed(options.Logger, options.Name, e, e.Message, failures, wait.TotalSeconds);
            return wait;
        }
    }

    [LoggerMessage(11, LogLevel.Warning, "{Name}: failed ({Reason}), {Failures} in a row; trying again in {Seconds:0.00} s")]
    private static partial void Failed(ILogger logger, string name, Exception exception, string reason, int failures, double seconds);
}
