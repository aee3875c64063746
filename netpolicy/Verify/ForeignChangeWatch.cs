using Microsoft.Extensions.Logging;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.NetPolicy.Compile;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Verify;

/// <summary>Listens to the kernel's announcements of committed transactions and tells when another process touched one of our tables.</summary>
/// <param name="monitor">The announcements; disposed when the watch ends.</param>
/// <param name="ownPort">The port of the socket that our own transactions come from.</param>
/// <param name="changed">Called with the name of the thread that changed a table of ours.</param>
/// <param name="unsure">Called when announcements were lost, and when the CNI plugin put a pod aside.</param>
/// <param name="logger">Where it is logged.</param>
internal sealed class ForeignChangeWatch(NftMonitor monitor, uint ownPort, Action<string> changed, Action unsure, ILogger logger)
{
    // The CNI plugin's part of the agreement: see TableSchema.Pending.
    private const string Plugin = "podwire-policy";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TableId[] Ours = [TableSchema.V4.Id, TableSchema.V6.Id];

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

    private static bool IsOurs(NftChange change)
    {
        foreach (var table in change.Tables)
        {
            if (Array.IndexOf(Ours, table) >= 0)
            {
                return true;
            }
        }

        return false;
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
                    if (change.PortId == ownPort || !IsOurs(change))
                    {
                        continue;
                    }

                    if (change.ThreadName == Plugin)
                    {
                        unsure();
                    }
                    else
                    {
                        PolicyLog.ForeignChange(logger, change.ThreadName, change.ThreadId, change.Generation);
                        changed(change.ThreadName);
                    }
                }
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOBUFS)
            {
                unsure();
            }
        }
    }
}
