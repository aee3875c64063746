using Microsoft.Win32.SafeHandles;

namespace Podwire.Netlink.Interop;

/// <summary>An open file descriptor, closed with the handle. Always opened close-on-exec.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    public Descriptor()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
