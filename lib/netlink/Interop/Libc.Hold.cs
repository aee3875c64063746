using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "poll")]
    [SuppressGCTransition]
    private static unsafe partial int wait_in_child(PollFd* descriptors, nuint count, int timeoutMilliseconds);

    /// <summary>
    /// fork(2) of a child that holds the descriptor, and no other, for a time and then ends: whoever closes it last is not this process.
    /// False if there could be no child. Only in a NativeAOT process, as <see cref="TrySendFromChild"/>.
    /// </summary>
    internal static unsafe bool TryHoldInChild(Descriptor descriptor, int milliseconds)
    {
        var added = false;
        try
        {
            descriptor.DangerousAddRef(ref added);
            var kept = (uint)(int)descriptor.DangerousGetHandle();
            var child = fork();
            if (child == 0)
            {
                if (kept > 0)
                {
                    _ = close_range(0, kept - 1, 0);
                }

                _ = close_range(kept + 1, uint.MaxValue, 0);
                _ = wait_in_child(null, 0, milliseconds);
                _exit(0);
            }

            return child > 0;
        }
        finally
        {
            if (added)
            {
                descriptor.DangerousRelease();
            }
        }
    }
}
