using System.Runtime.InteropServices;
using System.Text;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.Kubelet.Interop;

/// <summary>
/// posix_spawn(3): the child inherits the calling thread's namespaces, credentials and directory, has default signals and a
/// session of its own, and only the descriptors given. A failing exec is told to the caller.
/// </summary>
internal static partial class Libc
{
    // spawn.h: glibc's structures have 80 and 336 bytes, musl's 80 and 336.
    private const int OpaqueSize = 512;
    private const int SigsetSize = 128;
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int newFd);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static unsafe partial int sigfillset(byte* set);

    [LibraryImport("libc")]
    private static unsafe partial int sigemptyset(byte* set);

    /// <summary>
    /// Starts <paramref name="path"/>; <paramref name="descriptors"/>[i] becomes descriptor i of the child. Returns its process id.
    /// </summary>
    /// <exception cref="SyscallException">The program cannot be executed.</exception>
    internal static unsafe int Spawn(string path, IReadOnlyList<string> argv, IReadOnlyList<string> environment, ReadOnlySpan<int> descriptors)
    {
        byte* actions = stackalloc byte[OpaqueSize];
        byte* attributes = stackalloc byte[OpaqueSize];
        byte* signals = stackalloc byte[SigsetSize];
        Must(posix_spawn_file_actions_init(actions));
        Must(posix_spawnattr_init(attributes));
        var arguments = Vector(argv);
        var variables = Vector(environment);
        var file = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            for (var i = 0; i < descriptors.Length; i++)
            {
                Must(posix_spawn_file_actions_adddup2(actions, descriptors[i], i));
            }

            // The runtime ignores SIGPIPE and handles others; a child is to start as a shell would start it.
            _ = sigfillset(signals);
            Must(posix_spawnattr_setsigdefault(attributes, signals));
            _ = sigemptyset(signals);
            Must(posix_spawnattr_setsigmask(attributes, signals));
            Must(posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
            int pid;
            var error = posix_spawn(&pid, file, actions, attributes, arguments, variables);
            return error == 0 ? pid : throw new SyscallException("exec", (Errno)error, path);
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)file);
            Free(arguments);
            Free(variables);
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    private static void Must(int error)
    {
        if (error != 0)
        {
            throw new SyscallException("posix_spawn", (Errno)error);
        }
    }

    private static unsafe byte** Vector(IReadOnlyList<string> words)
    {
        var vector = (byte**)NativeMemory.AllocZeroed((nuint)(words.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < words.Count; i++)
        {
            var length = Encoding.UTF8.GetByteCount(words[i]);
            vector[i] = (byte*)NativeMemory.Alloc((nuint)length + 1);
            Encoding.UTF8.GetBytes(words[i], new Span<byte>(vector[i], length));
            vector[i][length] = 0;
        }

        return vector;
    }

    private static unsafe void Free(byte** vector)
    {
        for (var i = 0; vector[i] != null; i++)
        {
            NativeMemory.Free(vector[i]);
        }

        NativeMemory.Free(vector);
    }
}
