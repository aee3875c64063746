using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Cluster.Interop;

/// <summary>The system calls that make and enter a node's namespaces. Names and values are those of the man pages, section 2.</summary>
internal static unsafe partial class Libc
{
    public const int CLONE_NEWNS = 0x0002_0000;
    public const int CLONE_NEWUTS = 0x0400_0000;
    public const int CLONE_NEWPID = 0x2000_0000;
    public const int CLONE_NEWNET = 0x4000_0000;

    public const nuint MS_NOSUID = 2;
    public const nuint MS_NODEV = 4;
    public const nuint MS_NOEXEC = 8;
    public const nuint MS_BIND = 4096;
    public const nuint MS_MOVE = 8192;
    public const nuint MS_REC = 16384;
    public const nuint MS_PRIVATE = 1 << 18;

    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    public const int WNOHANG = 1;

    /// <summary>Gives the calling thread new namespaces of these kinds (CLONE_NEWPID: its children).</summary>
    public static void Unshare(int flags) => Check(unshare(flags), "unshare");

    /// <summary>mount(2).</summary>
    public static void Mount(string source, string target, string? type, nuint flags, string? data) =>
        Check(mount(source, target, type, flags, data), $"mount {target}");

    /// <summary>sethostname(2) in the calling thread's UTS namespace.</summary>
    public static void SetHostName(string name) => Check(sethostname(name, (nuint)System.Text.Encoding.UTF8.GetByteCount(name)), "sethostname");

    /// <summary>kill(2); false if there is no such process.</summary>
    public static bool Kill(int pid, int signal)
    {
        if (kill(pid, signal) == 0)
        {
            return true;
        }

        var errno = (Errno)Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? false : throw new ClusterException($"kill {pid}: {errno.Describe()}");
    }

    /// <summary>waitpid(2), retried when interrupted: the pid, 0 when nothing has ended (WNOHANG), -1 when there is no child.</summary>
    public static int WaitPid(int pid, out int status, int options)
    {
        while (true)
        {
            int value;
            var ended = waitpid(pid, &value, options);
            status = value;
            if (ended >= 0)
            {
                return ended;
            }

            switch ((Errno)Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR: continue;
                case Errno.ECHILD: return -1;
                case var errno: throw new ClusterException($"waitpid: {errno.Describe()}");
            }
        }
    }

    /// <summary>The effective user.</summary>
    [LibraryImport("libc")]
    public static partial uint geteuid();

    /// <summary>posix_spawn(3); throws with the error number it returned.</summary>
    public static int Spawn(string path, byte** argv, byte** envp, SpawnFileActions actions, bool newSession)
    {
        // glibc's posix_spawnattr_t is 336 bytes; 512 leaves room (bits/types/posix_spawnattr or spawn.h).
        var attributes = stackalloc byte[512];
        _ = posix_spawnattr_init(attributes);
        if (newSession)
        {
            const short POSIX_SPAWN_SETSID = 0x80;
            _ = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID);
        }

        int pid;
        var errno = (Errno)posix_spawnp(&pid, path, actions.Pointer, attributes, argv, envp);
        _ = posix_spawnattr_destroy(attributes);
        return errno == Errno.None ? pid : throw new SpawnException(path, errno);
    }

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int newFd);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, uint mode);

    private static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw new ClusterException($"{what}: {((Errno)Marshal.GetLastPInvokeError()).Describe()}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sethostname(string name, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawnp(int* pid, string path, byte* actions, byte* attributes, byte** argv, byte** envp);
}
