using Microsoft.Win32.SafeHandles;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

/// <summary>An open file descriptor, closed with the handle. Always opened close-on-exec.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    internal Descriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}
