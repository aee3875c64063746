using Microsoft.Win32.SafeHandles;

namespace Podwire.Netlink.Interop;

/// <summary>An open file descriptor, closed with the handle. Always opened close-on-exec.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    /// <summary>Takes over what a system call returned: an int, where -1 is a failure. (As a SafeHandle-returning import it would be read as 64 bits.)</summary>
    internal Descriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
