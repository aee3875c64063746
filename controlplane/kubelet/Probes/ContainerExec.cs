using System.Text;
using Podwire.Kubelet.Interop;
using Podwire.Kubelet.Shim;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;

namespace Podwire.Kubelet.Probes;

/// <summary>Runs a command in a running container: in its namespaces, with its environment, directory and user.</summary>
internal static class ContainerExec
{
    private const int LongestOutput = 10 << 10;

    /// <summary>Runs it to its end, or kills its session after <paramref name="limit"/>.</summary>
    public static async Task<ExecResult> RunAsync(ProcessIdentity container, ShimConfig config, IReadOnlyList<string> command, TimeSpan limit, CancellationToken cancel)
    {
        ContainerProcess process;
        try
        {
            using var namespaces = ProcessNamespaces.Open(container.Pid, NamespaceKinds.Mount | NamespaceKinds.Uts | NamespaceKinds.Network);
            if (!container.IsAlive)
            {
                return new(null, "the container has ended");
            }

            process = namespaces.Run(() => ContainerProcess.Spawn(command, config.Environment, config.WorkingDirectory, () => ShimProgram.TakeUser(config)));
        }
        catch (Exception error) when (error is SyscallException or ContainerStartException)
        {
            return new(null, error.Message);
        }

        var output = OnThread(() => Read(process.Output));
        var errors = OnThread(() => Read(process.Error));
        var wait = OnThread(() => Wait(process.Pid));
        var late = false;
        try
        {
            await wait.WaitAsync(limit, cancel);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // It leads a session and group of its own, and is not reaped before Wait has returned.
            _ = Libc.kill(-process.Pid, Libc.SIGKILL);
            late = true;
        }

        var exitCode = await wait;
        cancel.ThrowIfCancellationRequested();

        // What it left in the background may hold the pipes: do not wait for that.
        await Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(TimeSpan.FromMilliseconds(500), cancel));
        var text = (output.IsCompletedSuccessfully ? await output : "") + (errors.IsCompletedSuccessfully ? await errors : "");
        return late ? new(null, $"command {command[0]} timed out after {limit.TotalSeconds:0.###}s") : new(exitCode, text);
    }

    private static Task<T> OnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static unsafe int Wait(int pid)
    {
        int status;
        while (Libc.waitpid(pid, &status, 0) < 0)
        {
            if (!Libc.LastIs(Primitives.Errno.EINTR))
            {
                return -1;
            }
        }

        var signal = status & 0x7f;
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal;
    }

    private static unsafe string Read(int descriptor)
    {
        var text = new byte[LongestOutput];
        var length = 0;
        var buffer = stackalloc byte[4096];
        while (true)
        {
            var got = (int)Libc.read(descriptor, buffer, 4096);
            if (got > 0)
            {
                // The rest is read too, so that the command does not stall on a full pipe.
                var take = Math.Min(got, text.Length - length);
                new ReadOnlySpan<byte>(buffer, take).CopyTo(text.AsSpan(length));
                length += take;
            }
            else if (got == 0 || !Libc.LastIs(Primitives.Errno.EINTR))
            {
                _ = Libc.close(descriptor);
                return Encoding.UTF8.GetString(text, 0, length);
            }
        }
    }
}
