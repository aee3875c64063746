using Podwire.Netlink.Nftables;
using Podwire.Netlink.Tests.Nftables;
using Podwire.Ruleset;

namespace Podwire.Netlink.Tests;

/// <summary>Loops on threads of their own, and what becomes of them.</summary>
public class ListeningThreadTests
{
    [Fact]
    public async Task Run_LoopThatEndsOrFails_EndsTheTaskAlikeAndClosesTheSource()
    {
        using var ended = new Source();
        using var failed = new Source();
        var there = (Name: (string?)string.Empty, IsBackground: false, IsPooled: true);

        await ListeningThread.RunAsync("listens", () => there = (Thread.CurrentThread.Name, Thread.CurrentThread.IsBackground, Thread.CurrentThread.IsThreadPoolThread), ended);
        var failure = await Assert.ThrowsAsync<NetlinkProtocolException>(() => ListeningThread.RunAsync("fails", static () => throw new NetlinkProtocolException("cut off", 3), failed));

        Assert.Equal(("listens", true, false), there);
        Assert.Equal(3, failure.Offset);
        Assert.True(ended.Closed.WaitOne(TimeSpan.FromSeconds(5)) && failed.Closed.WaitOne(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task ChangeWatch_OfCommits_TellsEachUntilItIsCancelledOrACallFails()
    {
        using var kernel = new NftScratch();
        using var stop = new CancellationTokenSource();
        var told = new TaskCompletionSource<NftChange>();
        var watching = new NftChangeWatch(NftMonitor.Open(kernel.Node.Namespace), change => told.TrySetResult(change), static () => { }).RunAsync(stop.Token);
        var failing = new NftChangeWatch(NftMonitor.Open(kernel.Node.Namespace), static _ => throw new InvalidOperationException("no"), static () => { }).RunAsync(CancellationToken.None);

        kernel.Nft.Apply(new NftBatch().Add(new AddTable(new(TableFamily.Ip, "t"))));

        Assert.Equal([new TableId(TableFamily.Ip, "t")], (await told.Task.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)).Tables);
        Assert.Equal("no", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken))).Message);
        await stop.CancelAsync();
        await watching.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    private sealed class Source : IDisposable
    {
        public ManualResetEvent Closed { get; } = new(false);

        public void Dispose() => Closed.Set();
    }
}
