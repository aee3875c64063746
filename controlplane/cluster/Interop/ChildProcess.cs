using System.Runtime.InteropServices;
using System.Text;

namespace Podwire.Cluster.Interop;

/// <summary>
/// Starts a program from the calling thread, so that it inherits that thread's namespaces. The framework's Process class cannot
/// serve: on its first use it starts a thread, which the kernel refuses to a thread whose children go to another PID namespace.
/// </summary>
internal static unsafe class ChildProcess
{
    /// <summary>Starts <paramref name="argv"/>[0], looked up in PATH. The environment replaces the caller's.</summary>
    /// <returns>The pid as the caller's PID namespace sees it.</returns>
    /// <exception cref="SpawnException">It could not be started.</exception>
    public static int Start(IReadOnlyList<string> argv, IReadOnlyDictionary<string, string> environment, SpawnFileActions actions, bool newSession)
    {
        using var arguments = new StringVector(argv);
        using var variables = new StringVector(environment.Select(pair => $"{pair.Key}={pair.Value}").ToArray());
        return Libc.Spawn(argv[0], arguments.Pointer, variables.Pointer, actions, newSession);
    }

    /// <summary>Waits for a child and gives its exit code as a shell does: 128 + N when signal N ended it.</summary>
    public static int Wait(int pid)
    {
        Libc.WaitPid(pid, out var status, 0);
        return ExitCode(status);
    }

    /// <summary>wait(2)'s status as a shell's exit code.</summary>
    public static int ExitCode(int status) => (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);

    /// <summary>This process's environment as a dictionary to start from.</summary>
    public static Dictionary<string, string> CurrentEnvironment()
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            result[(string)entry.Key] = (string?)entry.Value ?? string.Empty;
        }

        return result;
    }

    /// <summary>A NULL-terminated array of C strings.</summary>
    private sealed class StringVector : IDisposable
    {
        private readonly int count;

        public StringVector(IReadOnlyList<string> strings)
        {
            count = strings.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < count; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(strings[i]);
                Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
                bytes.CopyTo(new Span<byte>(Pointer[i], bytes.Length));
            }
        }

        public byte** Pointer { get; private set; }

        public void Dispose()
        {
            for (var i = 0; i < count && Pointer is not null; i++)
            {
                NativeMemory.Free(Pointer[i]);
            }

            NativeMemory.Free(Pointer);
            Pointer = null;
        }
    }
}
