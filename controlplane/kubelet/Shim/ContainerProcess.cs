using Podwire.Kubelet.Interop;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.Kubelet.Shim;

/// <summary>A process in a container's view, its standard output and error on pipes.</summary>
/// <param name="Pid">Its number; a child of this process.</param>
/// <param name="Output">The reading end of standard output.</param>
/// <param name="Error">The reading end of standard error.</param>
internal sealed record ContainerProcess(int Pid, int Output, int Error)
{
    private const int ExecuteAccess = 1;

    /// <summary>
    /// Runs <paramref name="enter"/> on a thread of its own and starts <paramref name="command"/> from where it then is.
    /// </summary>
    /// <exception cref="ContainerStartException">A step failed; nothing runs.</exception>
    public static ContainerProcess Start(
        Action enter, IReadOnlyList<string> command, IReadOnlyList<string> environment, string workingDirectory, Action? lastly = null)
    {
        ContainerProcess? started = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                enter();
                started = Spawn(command, environment, workingDirectory, lastly);
            }
            catch (Exception error) when (error is ContainerStartException or SyscallException)
            {
                failure = error;
            }
        }, 256 << 10);
        thread.Start();
        thread.Join();
        return started ?? throw new ContainerStartException(failure?.Message ?? "the starting thread ended early");
    }

    /// <summary>Starts <paramref name="command"/> from where the calling thread is; <paramref name="lastly"/> runs just before.</summary>
    /// <exception cref="ContainerStartException">A step failed; nothing runs.</exception>
    public static ContainerProcess Spawn(
        IReadOnlyList<string> command, IReadOnlyList<string> environment, string workingDirectory, Action? lastly = null)
    {
        if (Libc.chdir(workingDirectory) < 0)
        {
            throw new ContainerStartException($"chdir to workingDir {workingDirectory}: {Libc.Failure("chdir").Errno.Describe()}");
        }

        var program = Find(command[0], environment, workingDirectory);
        lastly?.Invoke();
        Span<int> pipes = stackalloc int[4];
        var input = Libc.Check(Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC, 0), "open", "/dev/null");
        unsafe
        {
            fixed (int* ends = pipes)
            {
                Libc.Check(Libc.pipe2(ends, Libc.O_CLOEXEC), "pipe2");
                Libc.Check(Libc.pipe2(ends + 2, Libc.O_CLOEXEC), "pipe2");
            }
        }

        try
        {
            return new(Libc.Spawn(program, command, environment, [input, pipes[1], pipes[3]]), pipes[0], pipes[2]);
        }
        catch (SyscallException error)
        {
            _ = Libc.close(pipes[0]);
            _ = Libc.close(pipes[2]);
            throw new ContainerStartException($"exec: \"{command[0]}\": {error.Errno.Describe()}");
        }
        finally
        {
            _ = Libc.close(input);
            _ = Libc.close(pipes[1]);
            _ = Libc.close(pipes[3]);
        }
    }

    /// <summary>The file that <paramref name="name"/> means under the container's own PATH.</summary>
    private static string Find(string name, IReadOnlyList<string> environment, string workingDirectory)
    {
        if (name.Contains('/'))
        {
            return name;
        }

        var path = environment.LastOrDefault(variable => variable.StartsWith("PATH=", StringComparison.Ordinal))?[5..] ?? string.Empty;
        foreach (var directory in path.Split(':'))
        {
            var candidate = Path.Combine(directory.Length == 0 ? workingDirectory : directory, name);
            if (File.Exists(candidate) && Libc.access(candidate, ExecuteAccess) == 0)
            {
                return candidate;
            }
        }

        throw new ContainerStartException($"exec: \"{name}\": executable file not found in $PATH");
    }
}
