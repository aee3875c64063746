using System.Runtime.InteropServices;
using Podwire.Kubelet.Interop;
using Podwire.Kubelet.Logs;
using Podwire.Netlink;

namespace Podwire.Kubelet.Shim;

/// <summary>
/// The process that stays beside one container: <c>podwire-kubelet shim --dir DIR</c>. It starts the container's process, keeps
/// its log, and writes down how it ended, whether or not a kubelet runs meanwhile. It reads DIR/config.json, writes DIR/state.json
/// and DIR/exit.json, and holds DIR/lock (handed over as descriptor 3) until it ends.
/// </summary>
internal static class ShimProgram
{
    /// <summary>The descriptor on which the kubelet hands over the locked DIR/lock.</summary>
    public const int LockDescriptor = 3;

    private const int F_SETFD = 2;
    private const int FD_CLOEXEC = 1;

    /// <summary>Runs until the container's whole process tree has ended. Exit code 0 if exit.json was written.</summary>
    public static int Run(string directory)
    {
        var files = new ShimDirectory(directory);
        if (files.ReadConfig() is not { } config)
        {
            Console.Error.WriteLine($"podwire-kubelet shim: {directory}/config.json is missing or not readable");
            return 1;
        }

        // The container must not hold the lock that tells of the shim.
        _ = Libc.fcntl(LockDescriptor, F_SETFD, FD_CLOEXEC);
        _ = Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        var self = ProcessIdentity.Of(Environment.ProcessId)!;
        files.Write(new ShimState(self));

        using var log = new CriLogWriter(config.LogPath, config.LogMaxSize, config.LogMaxFiles, TimeProvider.System);
        ContainerProcess container;
        try
        {
            container = ContainerProcess.Start(
                () => ContainerView.Enter(config), config.Command, config.Environment, config.WorkingDirectory, () => TakeUser(config));
        }
        catch (ContainerStartException error)
        {
            var now = DateTimeOffset.UtcNow;
            files.Write(new ShimExit(128, 0, now, now, error.Message));
            return 0;
        }

        var startedAt = DateTimeOffset.UtcNow;
        files.Write(new ShimState(self, ProcessIdentity.Of(container.Pid) ?? new(container.Pid, 0), startedAt));
        using var terminate = Forward(PosixSignal.SIGTERM, Libc.SIGTERM, container.Pid);
        using var interrupt = Forward(PosixSignal.SIGINT, Libc.SIGINT, container.Pid);
        using var hangUp = Forward(PosixSignal.SIGHUP, Libc.SIGHUP, container.Pid);

        var output = Copy(container.Output, log.Open("stdout"));
        var errors = Copy(container.Error, log.Open("stderr"));
        var (exitCode, signal) = Wait(container.Pid);
        var finishedAt = DateTimeOffset.UtcNow;
        ProcessTree.EndChildren();

        // Every writer that was a descendant is gone; one that was handed the pipe over a socket is not waited for.
        output.Join(TimeSpan.FromSeconds(2));
        errors.Join(TimeSpan.FromSeconds(2));
        files.Write(new ShimExit(exitCode, signal, startedAt, finishedAt));
        return 0;
    }

    /// <summary>Makes the calling thread the container's user, and with it what it starts.</summary>
    /// <exception cref="ContainerStartException">The kernel refuses.</exception>
    public static void TakeUser(ShimConfig config)
    {
        if (config.User is null && config.Group is null && config.Groups.Count == 0)
        {
            return;
        }

        try
        {
            Libc.SetThreadCredentials(config.User, config.Group ?? (config.User is null ? null : 0), [.. config.Groups]);
        }
        catch (SyscallException error)
        {
            throw new ContainerStartException($"cannot run as user {config.User}, group {config.Group}: {error.Message}");
        }
    }

    private static PosixSignalRegistration Forward(PosixSignal signal, int number, int pid) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;

            // The number cannot be reused before Wait has reaped it, and after that the shim is about to end.
            _ = Libc.kill(pid, number);
        });

    private static unsafe (int ExitCode, int Signal) Wait(int pid)
    {
        while (true)
        {
            int status;
            var who = Libc.waitpid(-1, &status, 0);
            if (who == pid)
            {
                // sys/wait.h: the low seven bits are the signal, the next byte the exit code.
                var signal = status & 0x7f;
                return signal == 0 ? ((status >> 8) & 0xff, 0) : (128 + signal, signal);
            }

            if (who < 0 && !Libc.LastIs(Primitives.Errno.EINTR))
            {
                throw Libc.Failure("waitpid");
            }
        }
    }

    private static Thread Copy(int descriptor, CriLogWriter.Stream log)
    {
        var thread = new Thread(() =>
        {
            unsafe
            {
                var buffer = stackalloc byte[32 << 10];
                while (true)
                {
                    var length = Libc.read(descriptor, buffer, 32 << 10);
                    if (length > 0)
                    {
                        log.Write(new ReadOnlySpan<byte>(buffer, (int)length));
                    }
                    else if (length == 0 || !Libc.LastIs(Primitives.Errno.EINTR))
                    {
                        break;
                    }
                }
            }

            log.End();
        }, 256 << 10)
        { IsBackground = true };
        thread.Start();
        return thread;
    }
}
