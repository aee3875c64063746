using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Verify;

/// <summary>Listens to the kernel's announcements of committed transactions.</summary>
/// <param name="monitor">The announcements; disposed when the watch ends.</param>
/// <param name="changed">Called with each of them.</param>
/// <param name="unsure">Called when announcements were lost.</param>
internal sealed class ForeignChangeWatch(NftMonitor monitor, Action<NftChange> changed, Action unsure)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Listens until cancelled. Waiting blocks, so it has a thread of its own.</summary>
    public Task RunAsync(CancellationToken cancel)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            using (monitor)
            {
                try
                {
                    Listen(cancel);
                    ended.SetResult();
                }
#pragma warning disable CA1031 // The thread's failure becomes the task's.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    ended.SetException(e);
                }
            }
        })
        { IsBackground = true, Name = "nft monitor" }.Start();
        return ended.Task;
    }

    private void Listen(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            monitor.Wait(Patience, cancel);
            try
            {
                while (monitor.TryRead(out var change))
                {
                    changed(change);
                }
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOBUFS)
            {
                unsure();
            }
        }
    }
}
