using Podwire.Primitives;

namespace Podwire.Netlink.Nftables;

/// <summary>Listens to the kernel's announcements of committed transactions, on a thread of its own.</summary>
/// <param name="monitor">The announcements; disposed when the watch ends.</param>
/// <param name="changed">Called with each of them, on that thread.</param>
/// <param name="unsure">Called when announcements were lost, on that thread.</param>
public sealed class NftChangeWatch(NftMonitor monitor, Action<NftChange> changed, Action unsure)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Listens until cancelled; fails if the kernel's announcements cannot be read any more, or with what a call threw.</summary>
    public Task RunAsync(CancellationToken cancel) => ListeningThread.RunAsync("nft monitor", () => Listen(cancel), monitor);

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
