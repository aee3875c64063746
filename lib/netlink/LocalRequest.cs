using System.Text;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>
/// One line asked and one line answered over a stream socket in the file system (unix(7)), for programs that live too briefly for more than that.
/// </summary>
public static class LocalRequest
{
    private const int LongestAnswer = 512;

    /// <summary>Asks whoever listens at a path.</summary>
    /// <param name="path">The socket, at most 107 bytes.</param>
    /// <param name="line">The request, ASCII, without its line end.</param>
    /// <param name="patience">How long to wait for the answer.</param>
    /// <param name="isThere">False if nobody listens there.</param>
    /// <returns>The answer without its line end; null if nobody is there, or none came in time.</returns>
    /// <exception cref="SyscallException">Any other failure, such as EACCES.</exception>
    public static string? Ask(string path, string line, TimeSpan patience, out bool isThere)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(line);
        using var socket = Libc.Socket(Libc.AF_UNIX, Libc.SOCK_STREAM, 0);
        isThere = Libc.ConnectUnix(socket, path) == Errno.None;
        if (!isThere)
        {
            return null;
        }

        Libc.Send(socket, Encoding.ASCII.GetBytes(line + "\n"));
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        Span<byte> answer = stackalloc byte[LongestAnswer];
        var length = 0;
        while (length < answer.Length)
        {
            var left = (int)Math.Max(0, deadline - Environment.TickCount64);
            if (!Libc.PollReadable(socket, null, left) || Libc.Read(socket, answer[length..]) is not (> 0 and var count))
            {
                return null;
            }

            length += count;
            var end = answer[..length].IndexOf((byte)'\n');
            if (end >= 0)
            {
                return Encoding.ASCII.GetString(answer[..end]);
            }
        }

        return null;
    }
}
