using System.Runtime.InteropServices;

namespace Podwire.Cluster.Interop;

/// <summary>What posix_spawn does with the child's descriptors, in order (posix_spawn_file_actions_init(3)).</summary>
internal sealed unsafe class SpawnFileActions : IDisposable
{
    private const int O_RDONLY = 0;
    private const int O_WRONLY = 1;
    private const int O_CREAT = 0x40;
    private const int O_APPEND = 0x400;

    public SpawnFileActions()
    {
        // glibc's posix_spawn_file_actions_t is 80 bytes; 256 leaves room.
        Pointer = (byte*)NativeMemory.AllocZeroed(256);
        _ = Libc.posix_spawn_file_actions_init(Pointer);
    }

    public byte* Pointer { get; private set; }

    /// <summary>Standard input is empty; output and errors are appended to the log.</summary>
    public SpawnFileActions ToLog(string log)
    {
        _ = Libc.posix_spawn_file_actions_addopen(Pointer, 0, "/dev/null", O_RDONLY, 0);
        _ = Libc.posix_spawn_file_actions_addopen(Pointer, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0x1A4);
        _ = Libc.posix_spawn_file_actions_adddup2(Pointer, 1, 2);
        return this;
    }

    /// <summary>The child sees descriptor <paramref name="fd"/> as <paramref name="asFd"/>, without close-on-exec.</summary>
    public SpawnFileActions Pass(int fd, int asFd)
    {
        _ = Libc.posix_spawn_file_actions_adddup2(Pointer, fd, asFd);
        return this;
    }

    public void Dispose()
    {
        if (Pointer is not null)
        {
            _ = Libc.posix_spawn_file_actions_destroy(Pointer);
            NativeMemory.Free(Pointer);
            Pointer = null;
        }
    }
}
