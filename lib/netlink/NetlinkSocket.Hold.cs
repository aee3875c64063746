using System.Runtime.CompilerServices;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink;

/// <summary>Closing that is not waited for.</summary>
public sealed partial class NetlinkSocket
{
    // The kernel clears away what a deletion took off its lists after one grace period, 5 to 15 ms; then closing costs nothing.
    private const int HeldMilliseconds = 50;

    /// <summary>
    /// For programs that end after a deletion: whoever closes the last descriptor of an nfnetlink socket waits until the kernel has cleared
    /// away what was deleted (net/netfilter/nf_tables_api.c, nft_rcv_nl_event), about 10 ms. A child process keeps this socket open until
    /// that is done. Does nothing where no child can be made, which is everywhere but in a NativeAOT executable.
    /// </summary>
    public void KeepOpenBriefly()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            _ = Libc.TryHoldInChild(descriptor, HeldMilliseconds);
        }
    }
}
