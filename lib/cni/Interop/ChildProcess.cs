using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Podwire.Primitives;

namespace Podwire.Cni.Interop;

/// <summary>
/// Runs a program to its end with text on stdin, and keeps what it wrote. It leads a process group of its own, so that a timeout ends
/// what it started as well. Only descriptors 0 to 2 reach it; System.Diagnostics.Process would double a plugin's size.
/// </summary>
internal static unsafe class ChildProcess
{
    /// <summary>What a plugin may write to one stream.</summary>
    internal const int MaxOutput = 4 << 20;

    private const int PollSliceMilliseconds = 100;

    /// <summary>Starts, feeds, reads and waits.</summary>
    /// <param name="path">The program.</param>
    /// <param name="environment">All of its environment, KEY=VALUE.</param>
    /// <param name="input">Its stdin.</param>
    /// <param name="captureError">Whether stderr is kept or passed on to ours.</param>
    /// <param name="timeout">Infinite, or how long it may take before it is killed.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <param name="arguments">What follows its name; null for nothing.</param>
    /// <exception cref="CniException">Code 5: it could not be started. Code 11: it took too long, or wrote too much.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and killed.</exception>
    internal static ChildOutput Run(string path, IReadOnlyList<string> environment, ReadOnlyMemory<byte> input, bool captureError, TimeSpan timeout, CancellationToken cancellation, IReadOnlyList<string>? arguments = null)
    {
        // A program that closes its stdin early must not end us.
        Libc.Signal(Libc.SIGPIPE, Libc.SIG_IGN);
        var (childIn, ourIn) = Pipe();
        var (ourOut, childOut) = Pipe();
        var (ourErr, childErr) = captureError ? Pipe() : (null, null);
        using var holdIn = ourIn;
        using var holdOut = ourOut;
        using var holdErr = ourErr;
        int pid;
        using (childIn)
        using (childOut)
        using (childErr)
        {
            pid = Spawn(path, arguments ?? [], environment, childIn, childOut, childErr);
        }

        var ended = false;
        try
        {
            var output = Exchange(path, ourIn, ourOut, ourErr, input, timeout, cancellation);
            var status = Wait(pid);
            ended = true;
            return output with { ExitCode = (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f) };
        }
        finally
        {
            if (!ended)
            {
                Libc.Kill(-pid, Libc.SIGKILL);
                Wait(pid);
            }
        }
    }

    private static ChildOutput Exchange(string path, SafeFileHandle stdin, SafeFileHandle stdout, SafeFileHandle? stderr, ReadOnlyMemory<byte> input, TimeSpan timeout, CancellationToken cancellation)
    {
        var output = new MemoryStream();
        var error = new MemoryStream();
        var started = Stopwatch.GetTimestamp();
        var sent = 0;
        if (input.IsEmpty)
        {
            stdin.Dispose();
        }

        var polled = stackalloc PollDescriptor[3];
        bool outOpen = true, errOpen = stderr is not null;
        while (outOpen || errOpen)
        {
            cancellation.ThrowIfCancellationRequested();
            var wait = Slice(path, started, timeout);
            polled[0] = new() { Fd = outOpen ? (int)stdout.DangerousGetHandle() : -1, Events = Libc.POLLIN };
            polled[1] = new() { Fd = errOpen ? (int)stderr!.DangerousGetHandle() : -1, Events = Libc.POLLIN };
            polled[2] = new() { Fd = stdin.IsClosed ? -1 : (int)stdin.DangerousGetHandle(), Events = Libc.POLLOUT };
            if (Libc.Poll(polled, 3, wait) < 0 && (Errno)Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw Failure("poll", path, (Errno)Marshal.GetLastPInvokeError());
            }

            if (polled[0].Returned != 0)
            {
                outOpen = Drain(path, stdout, output);
            }

            if (polled[1].Returned != 0)
            {
                errOpen = Drain(path, stderr!, error);
            }

            if (polled[2].Returned != 0)
            {
                sent = Feed(stdin, input, sent);
            }
        }

        return new ChildOutput(0, output.ToArray(), error.ToArray());
    }

    private static int Slice(string path, long started, TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return PollSliceMilliseconds;
        }

        var left = timeout - Stopwatch.GetElapsedTime(started);
        return left > TimeSpan.Zero
            ? (int)Math.Min(PollSliceMilliseconds, Math.Ceiling(left.TotalMilliseconds))
            : throw new CniException(CniErrorCode.TryAgainLater, $"{path} did not end within {timeout.TotalSeconds:0.#} s");
    }

    private static bool Drain(string path, SafeFileHandle from, MemoryStream to)
    {
        var buffer = stackalloc byte[4096];
        var count = Libc.Read((int)from.DangerousGetHandle(), buffer, 4096);
        if (count <= 0)
        {
            return count < 0 && (Errno)Marshal.GetLastPInvokeError() is Errno.EINTR or Errno.EAGAIN && count < 0;
        }

        if (to.Length + count > MaxOutput)
        {
            throw new CniException(CniErrorCode.TryAgainLater, $"{path} wrote more than {MaxOutput} bytes");
        }

        to.Write(new ReadOnlySpan<byte>(buffer, (int)count));
        return true;
    }

    private static int Feed(SafeFileHandle stdin, ReadOnlyMemory<byte> input, int sent)
    {
        nint count;
        fixed (byte* start = input.Span)
        {
            count = Libc.Write((int)stdin.DangerousGetHandle(), start + sent, (nuint)(input.Length - sent));
        }

        if (count < 0)
        {
            if ((Errno)Marshal.GetLastPInvokeError() is not (Errno.EINTR or Errno.EAGAIN))
            {
                // It closed stdin without reading all of it (EPIPE): its answer says why.
                stdin.Dispose();
            }

            return sent;
        }

        sent += (int)count;
        if (sent == input.Length)
        {
            stdin.Dispose();
        }

        return sent;
    }

    private static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        if (Libc.Pipe2(ends, Libc.O_CLOEXEC) != 0)
        {
            throw Failure("pipe2", "a plugin's streams", (Errno)Marshal.GetLastPInvokeError());
        }

        return (new SafeFileHandle(ends[0], true), new SafeFileHandle(ends[1], true));
    }

    private static int Spawn(string path, IReadOnlyList<string> parameters, IReadOnlyList<string> environment, SafeFileHandle stdin, SafeFileHandle stdout, SafeFileHandle? stderr)
    {
        var actions = stackalloc byte[Libc.OpaqueSize];
        var attributes = stackalloc byte[Libc.OpaqueSize];
        var signals = stackalloc byte[Libc.OpaqueSize];
        Check(Libc.FileActionsInit(actions));
        Check(Libc.SpawnAttributesInit(attributes));
        var arguments = new NativeStrings([Path.GetFileName(path), .. parameters]);
        var variables = new NativeStrings(environment);
        try
        {
            Check(Libc.FileActionsAddDup2(actions, (int)stdin.DangerousGetHandle(), 0));
            Check(Libc.FileActionsAddDup2(actions, (int)stdout.DangerousGetHandle(), 1));
            if (stderr is not null)
            {
                Check(Libc.FileActionsAddDup2(actions, (int)stderr.DangerousGetHandle(), 2));
            }

            // The runtime ignores SIGPIPE and blocks signals in some threads; the plugin must start as from a shell.
            Check(Libc.SignalSetEmpty(signals));
            Check(Libc.SpawnAttributesSetSignalMask(attributes, signals));
            Check(Libc.SignalSetAdd(signals, Libc.SIGPIPE));
            Check(Libc.SpawnAttributesSetSignalDefaults(attributes, signals));
            Check(Libc.SpawnAttributesSetProcessGroup(attributes, 0));
            Check(Libc.SpawnAttributesSetFlags(attributes, Libc.POSIX_SPAWN_SETPGROUP | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK));
            int pid;
            Check(Libc.PosixSpawn(&pid, path, actions, attributes, arguments.Pointer, variables.Pointer));
            return pid;
        }
        finally
        {
            arguments.Free();
            variables.Free();
            _ = Libc.SpawnAttributesDestroy(attributes);
            _ = Libc.FileActionsDestroy(actions);
        }

        void Check(int errno)
        {
            if (errno != 0)
            {
                throw Failure("start", path, (Errno)errno);
            }
        }
    }

    private static int Wait(int pid)
    {
        int status;
        while (Libc.WaitPid(pid, &status, 0) < 0)
        {
            if ((Errno)Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                // Someone else in this process reaped it; its answer is what counts then.
                return 0;
            }
        }

        return status;
    }

    private static CniException Failure(string what, string path, Errno errno) =>
        new(CniErrorCode.IoFailure, $"cannot {what} {path}: {errno.Describe()}");

    /// <summary>A null-terminated array of C strings outside the managed heap.</summary>
    private readonly struct NativeStrings
    {
        private readonly int count;

        internal NativeStrings(IReadOnlyList<string> texts)
        {
            count = texts.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)count + 1, (nuint)sizeof(byte*));
            for (var i = 0; i < count; i++)
            {
                var bytes = Encoding.UTF8.GetBytes(texts[i]);
                Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
                bytes.CopyTo(new Span<byte>(Pointer[i], bytes.Length));
            }
        }

        internal byte** Pointer { get; }

        internal void Free()
        {
            for (var i = 0; i < count; i++)
            {
                NativeMemory.Free(Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}
