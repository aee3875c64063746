using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Namespaces;

/// <summary>
/// Several namespaces of a process, opened together so that they are of one moment. Work run in them starts its
/// children in them: a child inherits the namespaces of the thread that starts it.
/// </summary>
public sealed class ProcessNamespaces : IDisposable
{
    // User processes enter the mount namespace last: the others are opened already, so /proc of the new one is not needed.
    private static readonly (NamespaceKinds Kind, string Name)[] Order =
    [
        (NamespaceKinds.Ipc, "ipc"),
        (NamespaceKinds.Uts, "uts"),
        (NamespaceKinds.Network, "net"),
        (NamespaceKinds.Pid, "pid"),
        (NamespaceKinds.Mount, "mnt"),
    ];

    private readonly List<(Descriptor Descriptor, NamespaceKinds Kind, string Path)> opened = [];

    private ProcessNamespaces()
    {
    }

    /// <summary>Opens the namespaces of a process.</summary>
    /// <param name="processId">A process id as this process sees it.</param>
    /// <param name="kinds">Which ones; the others stay as they are.</param>
    /// <exception cref="SyscallException">ENOENT if there is no such process.</exception>
    public static ProcessNamespaces Open(int processId, NamespaceKinds kinds)
    {
        var namespaces = new ProcessNamespaces();
        try
        {
            foreach (var (kind, name) in Order)
            {
                if ((kinds & kind) != 0)
                {
                    // For children to be, the pid namespace is the one that the process's own children get.
                    var path = $"/proc/{processId}/ns/{(kind == NamespaceKinds.Pid ? "pid_for_children" : name)}";
                    namespaces.opened.Add((Libc.Open(path, Libc.O_RDONLY), kind, path));
                }
            }

            return namespaces;
        }
        catch
        {
            namespaces.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> in these namespaces on a thread of its own, which ends with it, and waits for it. After
    /// entering another mount namespace the working directory is its root. The work must be synchronous.
    /// </summary>
    public T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return NamespaceThread.Run(Enter, work);
    }

    /// <summary>As <see cref="Run{T}"/>, without a result.</summary>
    public void Run(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Run(() =>
        {
            work();
            return true;
        });
    }

    /// <summary>Closes the handles.</summary>
    public void Dispose()
    {
        foreach (var (descriptor, _, _) in opened)
        {
            descriptor.Dispose();
        }
    }

    private void Enter()
    {
        foreach (var (descriptor, kind, path) in opened)
        {
            if (kind == NamespaceKinds.Mount)
            {
                // setns refuses a thread that shares its root and working directory with others (setns(2), EINVAL).
                Libc.Unshare(Libc.CLONE_FS);
            }

            NamespaceThread.Enter(descriptor, (int)kind, path);
        }
    }
}
