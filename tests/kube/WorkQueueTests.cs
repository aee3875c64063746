using System.Collections.Concurrent;

namespace Podwire.Kube.Tests;

public class WorkQueueTests
{
    private static readonly Backoff Doubling = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 0);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_WhileWaiting_StaysOne()
    {
        using var queue = new WorkQueue<string>();
        queue.Add("a");
        queue.Add("b");
        queue.Add("a");
        Assert.Equal(2, queue.Count);
        Assert.Equal((true, "a"), await queue.TakeAsync(Cancel));
        Assert.Equal((true, "b"), await queue.TakeAsync(Cancel));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task Add_WhileProcessing_ComesAgainAfterDone()
    {
        using var queue = new WorkQueue<string>();
        queue.Add("a");
        await queue.TakeAsync(Cancel);
        queue.Add("a");
        queue.Add("a");
        Assert.Equal(0, queue.Count);
        queue.Done("a");
        Assert.Equal(1, queue.Count);
        await queue.TakeAsync(Cancel);
        queue.Done("a");
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Retry_DoublesUntilForgotten()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<string>(Doubling, time);
        foreach (var seconds in new[] { 1, 2, 4, 5, 5 })
        {
            queue.Retry("a");
            Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.Single(time.Pending));
            time.Advance(TimeSpan.FromSeconds(seconds));
            Assert.Empty(time.Pending);
        }

        Assert.Equal(1, queue.Count);
        Assert.Equal(5, queue.Failures("a"));
        queue.Forget("a");
        queue.Retry("a");
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Single(time.Pending));
    }

    [Fact]
    public void AddAfter_EarliestCounts()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<string>(time: time);
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        queue.AddAfter("a", TimeSpan.FromSeconds(20));
        queue.AddAfter("a", TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(5), Assert.Single(time.Pending));
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, queue.Count);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, queue.Count);
        queue.AddAfter("b", TimeSpan.Zero);
        Assert.Equal(2, queue.Count);
    }

    [Fact]
    public async Task ShutDown_FinishesWhatIsReady_ThenEndsEveryWorker()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<string>(time: time);
        queue.Add("a");
        queue.AddAfter("late", TimeSpan.FromSeconds(1));
        queue.ShutDown();
        queue.Add("b");
        Assert.Empty(time.Pending);
        var done = new ConcurrentQueue<string>();
        await queue.RunAsync(
            (key, _) =>
            {
                done.Enqueue(key);
                return Task.CompletedTask;
            },
            (_, e, _) => Assert.Fail(e.Message),
            workers: 3,
            Cancel);
        Assert.Equal(["a"], done);
    }

    [Fact]
    public async Task Run_FailedKeyComesBack_OthersGoOn()
    {
        var time = new ManualTime();
        using var queue = new WorkQueue<string>(Doubling, time);
        var tries = new ConcurrentQueue<string>();
        var failures = new ConcurrentQueue<string>();
        using var stop = new CancellationTokenSource();
        var running = queue.RunAsync(
            (key, _) =>
            {
                tries.Enqueue(key);
                return key == "bad" && tries.Count(t => t == "bad") < 3 ? throw new InvalidOperationException("no") : Task.CompletedTask;
            },
            (key, e, count) => failures.Enqueue($"{key}: {e.Message} {count}"),
            workers: 2,
            stop.Token);
        queue.Add("bad");
        queue.Add("good");
        await Eventually.TrueAsync(() => tries.Count == 2 && time.Pending.Length == 1);
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => tries.Count == 3 && time.Pending.Length == 1);
        time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => tries.Count == 4 && queue.Failures("bad") == 0);
        Assert.Equal(["bad: no 1", "bad: no 2"], failures);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task ManyWorkers_NeverShareAKey_AndLoseNoAddition()
    {
        using var queue = new WorkQueue<int>();
        var inside = new int[10];
        var wanted = new int[10];
        var seen = new int[10];
        var overlaps = 0;
        using var stop = new CancellationTokenSource();
        var running = queue.RunAsync(
            async (key, _) =>
            {
                if (Interlocked.Increment(ref inside[key]) > 1)
                {
                    Interlocked.Increment(ref overlaps);
                }

                var now = Volatile.Read(ref wanted[key]);
                await Task.Yield();
                Volatile.Write(ref seen[key], now);
                Interlocked.Decrement(ref inside[key]);
            },
            (_, e, _) => Assert.Fail(e.Message),
            workers: 8,
            stop.Token);
        Parallel.For(0, 20_000, i =>
        {
            Interlocked.Increment(ref wanted[i % 10]);
            queue.Add(i % 10);
        });
        await Eventually.TrueAsync(() => wanted.SequenceEqual(seen));
        Assert.Equal(0, overlaps);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Take_CanBeGivenUp()
    {
        using var queue = new WorkQueue<string>();
        using var stop = new CancellationTokenSource();
        var take = queue.TakeAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => take);
        queue.Add("a");
        Assert.Equal((true, "a"), await queue.TakeAsync(Cancel));
    }
}
