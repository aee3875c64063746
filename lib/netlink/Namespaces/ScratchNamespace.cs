using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Namespaces;

/// <summary>A network namespace without a name, for trying what a kernel can do where nobody sees it.</summary>
public static class ScratchNamespace
{
    /// <summary>Runs <paramref name="work"/> in a new network namespace on a thread of its own; both end with it. The work must be synchronous.</summary>
    /// <exception cref="SyscallException">EPERM without CAP_SYS_ADMIN.</exception>
    public static T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return NamespaceThread.Run(static () => Libc.Unshare(Libc.CLONE_NEWNET), work);
    }
}
