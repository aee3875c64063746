using System.Runtime.ExceptionServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Namespaces;

/// <summary>
/// A namespace belongs to a thread (setns(2)). Work that has to be done in another one gets a thread of its own, which
/// ends with the work: no thread of the pool is ever left in a wrong namespace, also not after an error.
/// </summary>
internal static class NamespaceThread
{
    private const int StackLength = 512 * 1024;

    internal static T Run<T>(Action enter, Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    enter();
                    result = work();
                }
#pragma warning disable CA1031 // Whatever it is, the caller gets it on its own thread.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackLength)
        {
            IsBackground = true,
            Name = "namespace",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    internal static void Enter(Descriptor descriptor, int kind, string path)
    {
        var errno = Libc.SetNs(descriptor, kind);
        if (errno != Errno.None)
        {
            throw new SyscallException("setns", errno, path);
        }
    }
}
