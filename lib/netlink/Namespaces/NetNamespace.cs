using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Namespaces;

/// <summary>
/// An open network namespace (network_namespaces(7)). Holding it keeps it alive; <see cref="Dispose"/> lets go of it.
/// Equal to another when both are the same namespace, whatever their paths.
/// </summary>
public sealed class NetNamespace : IDisposable, IEquatable<NetNamespace>
{
    private const string ThreadSelf = "/proc/thread-self/ns/net";

    [ThreadStatic]
    private static bool movesCallingThread;

    private NetNamespace(Descriptor descriptor, string path)
    {
        Descriptor = descriptor;
        Path = path;
        var (device, inode) = Libc.GetIdentity(descriptor);
        Id = new NamespaceId(device, inode);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>Its identity.</summary>
    public NamespaceId Id { get; }

    /// <summary>
    /// The calling thread's own switch, for the one thread of a process that ends soon, such as a CNI plugin: <see cref="Run{T}"/> moves
    /// this thread and back instead of making another. A process whose thread cannot move back ends at once, before it does anything
    /// there that was meant for here.
    /// </summary>
    public static bool MovesCallingThread
    {
        get => movesCallingThread;
        set => movesCallingThread = value;
    }

    internal Descriptor Descriptor { get; }

    /// <summary>Opens the namespace at a path such as /run/netns/NAME or /proc/PID/ns/net.</summary>
    /// <exception cref="SyscallException">ENOENT if there is none; EINVAL if the file is no network namespace.</exception>
    public static NetNamespace Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var descriptor = Libc.Open(path, Libc.O_RDONLY);
        try
        {
            Libc.RequireNetworkNamespace(descriptor, path);
            return new NetNamespace(descriptor, path);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Opens the namespace at a path; null if there is none there: no file, or a file that is no namespace any more.</summary>
    /// <exception cref="SyscallException">Any other failure.</exception>
    public static NetNamespace? TryOpen(string path)
    {
        try
        {
            return Open(path);
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EINVAL or Errno.ESRCH)
        {
            return null;
        }
    }

    /// <summary>Opens the calling thread's own namespace.</summary>
    public static NetNamespace OpenSelf() => Open(ThreadSelf);

    /// <summary>
    /// Makes a new network namespace and keeps it at <paramref name="path"/>, as <c>ip netns add</c> does under /run/netns.
    /// Its loopback is down.
    /// </summary>
    /// <exception cref="SyscallException">EEXIST if the path is taken; EPERM without CAP_SYS_ADMIN. Nothing is left behind.</exception>
    public static NetNamespace Create(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } directory)
        {
            Directory.CreateDirectory(directory);
        }

        // nsfs can only be bind-mounted over something that exists; O_EXCL keeps two creators apart.
        Libc.Open(path, Libc.O_RDONLY | Libc.O_CREAT | Libc.O_EXCL).Dispose();
        try
        {
            return NamespaceThread.Run(
                static () => Libc.Unshare(Libc.CLONE_NEWNET),
                () =>
                {
                    Libc.BindMount(ThreadSelf, path);
                    return Open(path);
                });
        }
        catch
        {
            Delete(path);
            throw;
        }
    }

    /// <summary>
    /// Removes what <see cref="Create"/> put at the path. The namespace lives on while a process or a handle is in it.
    /// No harm if nothing is there.
    /// </summary>
    public static void Delete(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // A path may have been mounted over more than once; unmount until it is a plain file again.
        while (Libc.Unmount(path) == Errno.None)
        {
        }

        File.Delete(path);
    }

    /// <summary>
    /// Runs <paramref name="work"/> in this namespace on a thread of its own, which ends with it, and waits for it.
    /// What the work opens (sockets) stays in this namespace. The work must be synchronous: behind an await it would
    /// continue on a thread of the pool, which is elsewhere.
    /// </summary>
    public T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (MovesCallingThread)
        {
            using var own = OpenSelf();
            NamespaceThread.Enter(Descriptor, Libc.CLONE_NEWNET, Path);
            try
            {
                return work();
            }
            finally
            {
                if (Libc.SetNs(own.Descriptor, Libc.CLONE_NEWNET) != Errno.None)
                {
                    Environment.FailFast($"cannot go back from the network namespace {Path}");
                }
            }
        }

        return NamespaceThread.Run(() => NamespaceThread.Enter(Descriptor, Libc.CLONE_NEWNET, Path), work);
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

    /// <summary>
    /// Writes a sysctl of this namespace, such as <c>net/ipv4/ip_forward</c>. /proc/sys/net shows the namespace of the
    /// thread that opens it.
    /// </summary>
    /// <param name="name">The path below /proc/sys, with slashes: interface names may hold dots.</param>
    /// <param name="value">The text to write.</param>
    public void WriteSysctl(string name, string value) => Run(() => Sysctl.Write(name, value));

    /// <summary>Reads a sysctl of this namespace, without the line end.</summary>
    public string ReadSysctl(string name) => Run(() => Sysctl.Read(name));

    /// <summary>True if both are the same namespace.</summary>
    public bool IsSame(NetNamespace other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Id == other.Id;
    }

    /// <summary>True if it is the calling thread's own namespace.</summary>
    public bool IsCurrent()
    {
        using var self = OpenSelf();
        return IsSame(self);
    }

    /// <inheritdoc/>
    public bool Equals(NetNamespace? other) => other is not null && Id == other.Id;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NetNamespace);

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Path;

    /// <summary>Closes the handle.</summary>
    public void Dispose() => Descriptor.Dispose();
}
