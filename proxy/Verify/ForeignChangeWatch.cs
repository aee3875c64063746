using Microsoft.Extensions.Logging;
using Podwire.Netlink.Nftables;

namespace Podwire.Proxy.Verify;

/// <summary>Listens to the kernel's announcements of committed transactions and tells when another process touched what is ours.</summary>
/// <param name="monitor">The announcements; disposed when the watch ends.</param>
/// <param name="isForeign">True for a change of ours by somebody else.</param>
/// <param name="changed">Called with the name of the thread that made it.</param>
/// <param name="unsure">Called when announcements were lost.</param>
/// <param name="logger">Where it is logged.</param>
internal sealed class ForeignChangeWatch(NftMonitor monitor, Func<NftChange, bool> isForeign, Action<string> changed, Action unsure, ILogger logger)
{
    /// <summary>Listens until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => new NftChangeWatch(
        monitor,
        change =>
        {
            if (isForeign(change))
            {
                VerifyLog.ForeignChange(logger, change.ThreadName, change.ThreadId, change.Generation);
                changed(change.ThreadName);
            }
        },
        unsure).RunAsync(cancel);
}
