namespace Podwire.Kube.Tests;

public class ReconcileLoopTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Signals_BeforeARun_AreOneRun()
    {
        await using var run = new Run(new ReconcileLoopOptions { MinInterval = Second, MaxInterval = null });
        run.Loop.Signal();
        run.Loop.Signal();
        run.Loop.Signal();
        run.Start();
        await run.FinishedAsync(1);
        await run.Time.PendingAsync(1);
        run.Time.Advance(10 * Second);
        await run.IdleAsync();
        Assert.Equal(1, run.Loop.Health.Runs);
        Assert.False(run.Loop.Health.IsDirty);
    }

    [Fact]
    public async Task NoSignal_NoRun_UntilTheLongestInterval()
    {
        await using var run = new Run(new ReconcileLoopOptions { MinInterval = Second, MaxInterval = 30 * Second });
        run.Start();
        await run.Time.PendingAsync(1);
        run.Time.Advance(29 * Second);
        Assert.Equal(0, run.Loop.Health.Runs);
        run.Time.Advance(Second);
        await run.FinishedAsync(1);
    }

    [Fact]
    public async Task Signal_SoonAfterARun_WaitsForTheLeastInterval()
    {
        await using var run = new Run(new ReconcileLoopOptions { MinInterval = Second, MaxInterval = null });
        run.Loop.Signal();
        run.Start();
        await run.FinishedAsync(1);
        await run.Time.PendingAsync(1);
        run.Loop.Signal();
        run.Time.Advance(Second / 2);
        Assert.Equal(1, run.Loop.Health.Runs);
        Assert.True(run.Loop.Health.IsDirty);
        run.Time.Advance(Second / 2);
        await run.FinishedAsync(2);
    }

    [Fact]
    public async Task Signal_DuringARun_LeadsToAnother()
    {
        await using var run = new Run(new ReconcileLoopOptions { MinInterval = TimeSpan.Zero, MaxInterval = null });
        run.Work = () =>
        {
            if (run.Loop.Health.Runs == 0)
            {
                run.Loop.Signal();
            }
        };
        run.Loop.Signal();
        run.Start();
        await run.FinishedAsync(2);
    }

    [Fact]
    public async Task Failure_IsRetriedWithGrowingWaits_AndASignalDoesNotHurryIt()
    {
        await using var run = new Run(new ReconcileLoopOptions
        {
            MinInterval = Second / 10,
            MaxInterval = null,
            Retry = new Backoff(Second, 4 * Second, 0),
        });
        run.Work = () =>
        {
            if (run.Loop.Health.Runs < 4)
            {
                throw new InvalidOperationException("kernel says\nno");
            }
        };
        run.Loop.Signal();
        run.Start();
        foreach (var (count, seconds) in new[] { (1, 1), (2, 2), (3, 4), (4, 4) })
        {
            await run.FinishedAsync(count);
            await run.Time.PendingAsync(1);
            Assert.Equal(seconds * Second, Assert.Single(run.Time.Pending));
            Assert.Equal((count, "kernel says no"), (run.Loop.Health.Failures, run.Loop.Health.LastError));
            run.Loop.Signal();
            run.Time.Advance(seconds * Second);
        }

        await run.FinishedAsync(5);
        Assert.Equal((0, null), (run.Loop.Health.Failures, run.Loop.Health.LastError));
        Assert.NotNull(run.Loop.Health.LastSuccess);
    }

    [Fact]
    public async Task Cancel_EndsItQuietly_AlsoInARun()
    {
        var run = new Run(new ReconcileLoopOptions { MaxInterval = null });
        var entered = new TaskCompletionSource();
        run.WorkAsync = async cancel =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, cancel);
        };
        run.Loop.Signal();
        run.Start();
        await entered.Task;
        await run.DisposeAsync();
        Assert.Equal(0, run.Loop.Health.Runs);
    }

    private sealed class Run : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private Task task = Task.CompletedTask;

        public Run(ReconcileLoopOptions options)
        {
            WorkAsync = _ =>
            {
                Work();
                return Task.CompletedTask;
            };
            Loop = new ReconcileLoop(cancel => WorkAsync(cancel), options with { Time = Time });
        }

        public ManualTime Time { get; } = new();

        public ReconcileLoop Loop { get; }

        public Action Work { get; set; } = () => { };

        public Func<CancellationToken, Task> WorkAsync { get; set; }

        public void Start() => task = Loop.RunAsync(stop.Token);

        public Task FinishedAsync(long runs) => Eventually.TrueAsync(() => Loop.Health.Runs == runs);

        /// <summary>Waits until the loop waits for a signal, with no timer left.</summary>
        public Task IdleAsync() => Eventually.TrueAsync(() => Time.Pending.Length == 0);

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await task;
            stop.Dispose();
        }
    }
}
