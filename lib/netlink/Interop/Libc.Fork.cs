using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    // Without the transition to native code that the runtime keeps books on: in the child only the calling thread exists, so
    // nothing there may wait for another one.
    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int fork();

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int close_range(uint first, uint last, int flags);

    [LibraryImport(Library, EntryPoint = "send")]
    [SuppressGCTransition]
    private static unsafe partial nint send_in_child(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial void _exit(int code);

    /// <summary>
    /// fork(2), and send(2) in the child, which holds no other descriptor but <paramref name="kept"/> and ends with the call. False if
    /// there could be no child. Only in a NativeAOT process: elsewhere the child might have to compile code, with threads that it does
    /// not have.
    /// </summary>
    internal static unsafe bool TrySendFromChild(Descriptor descriptor, ReadOnlySpan<byte> datagram, Descriptor? kept)
    {
        bool added = false, addedKept = false;
        try
        {
            descriptor.DangerousAddRef(ref added);
            kept?.DangerousAddRef(ref addedKept);
            var socket = (int)descriptor.DangerousGetHandle();
            var other = kept is null ? socket : (int)kept.DangerousGetHandle();
            var (low, high) = ((uint)Math.Min(socket, other), (uint)Math.Max(socket, other));
            fixed (byte* buffer = datagram)
            {
                var child = fork();
                if (child == 0)
                {
                    if (low > 0)
                    {
                        _ = close_range(0, low - 1, 0);
                    }

                    if (high > low + 1)
                    {
                        _ = close_range(low + 1, high - 1, 0);
                    }

                    _ = close_range(high + 1, uint.MaxValue, 0);
                    _ = send_in_child(socket, buffer, (nuint)datagram.Length, 0);
                    _exit(0);
                }

                return child > 0;
            }
        }
        finally
        {
            if (addedKept)
            {
                kept!.DangerousRelease();
            }

            if (added)
            {
                descriptor.DangerousRelease();
            }
        }
    }
}
