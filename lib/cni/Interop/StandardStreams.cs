using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Cni.Interop;

/// <summary>Descriptors 0, 1 and 2 by plain system calls: System.Console costs a plugin a third of its time.</summary>
internal static unsafe class StandardStreams
{
    /// <summary>No configuration is this large; a runaway writer must not take the node's memory.</summary>
    internal const int MaxInput = 2 << 20;

    /// <summary>All of stdin.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    internal static byte[] ReadInput()
    {
        var buffer = new byte[8192];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length >= MaxInput)
                {
                    throw new CniException(CniErrorCode.IoFailure, $"stdin holds more than {MaxInput} bytes");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            nint count;
            fixed (byte* start = buffer)
            {
                count = Libc.Read(0, start + length, (nuint)(buffer.Length - length));
            }

            if (count < 0)
            {
                var errno = (Errno)Marshal.GetLastPInvokeError();
                if (errno == Errno.EINTR)
                {
                    continue;
                }

                throw new CniException(CniErrorCode.IoFailure, $"cannot read stdin: {errno.Describe()}");
            }

            if (count == 0)
            {
                return buffer.AsSpan(0, length).ToArray();
            }

            length += (int)count;
        }
    }

    /// <summary>Writes all of it to stdout; false if that failed.</summary>
    internal static bool TryWriteOutput(ReadOnlySpan<byte> data) => TryWrite(1, data);

    /// <summary>Writes to stderr as far as that goes.</summary>
    internal static void WriteError(ReadOnlySpan<byte> data) => TryWrite(2, data);

    private static bool TryWrite(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            nint written = 0;
            while (written < data.Length)
            {
                var count = Libc.Write(fd, start + written, (nuint)(data.Length - written));
                if (count < 0 && (Errno)Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    return false;
                }

                written += Math.Max(count, 0);
            }
        }

        return true;
    }
}
