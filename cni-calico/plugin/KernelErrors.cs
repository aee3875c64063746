using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.CniCalico.Plugin;

/// <summary>Turns what the kernel answered into the specification's errors.</summary>
internal static class KernelErrors
{
    /// <summary>Runs the work; a refusal becomes a <see cref="CniException"/> that names the object.</summary>
    public static T Translate<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (NetlinkException e)
        {
            throw new CniException(e.Errno == Errno.EEXIST ? CniErrorCode.Conflict : CniErrorCode.KernelRefused, e.Message, inner: e);
        }
        catch (SyscallException e)
        {
            throw new CniException(e.Syscall == "setns" ? CniErrorCode.InvalidNetNs : CniErrorCode.KernelRefused, e.Message, inner: e);
        }
        catch (IOException e)
        {
            throw new CniException(CniErrorCode.KernelRefused, e.Message, inner: e);
        }
    }
}
