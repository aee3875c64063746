using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Podwire.NetPolicy.Arrivals;

/// <summary>
/// Where the CNI plugin podwire-policy asks: a stream socket in the file system, readable by root alone. One request, one line:
/// <c>ADD namespace name uid address,address</c>; the answer is <c>ok</c> when the pod's policies are in force, or <c>error</c> with the reason.
/// </summary>
internal sealed class ArrivalSocket(string path, ArrivalDesk desk, ILogger logger)
{
    private const int LongestRequest = 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Listens until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (path.Length == 0)
        {
            return;
        }

        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            // One that a killed process left behind.
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(64);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            // Pods are put aside by the plugin itself then, and let go once they are known: slower, but closed.
            PolicyLog.CannotListen(logger, path, e.Message);
            return;
        }

        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync(cancel).ConfigureAwait(false);
                _ = AnswerAsync(connection, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            File.Delete(path);
        }
    }

    private async Task AnswerAsync(Socket connection, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        using (connection)
        {
            try
            {
                var request = new byte[LongestRequest];
                var length = 0;
                while (request.AsSpan(0, length).IndexOf((byte)'\n') < 0)
                {
                    var count = length == request.Length ? 0 : await connection.ReceiveAsync(request.AsMemory(length), limit.Token).ConfigureAwait(false);
                    if (count == 0)
                    {
                        return;
                    }

                    length += count;
                }

                if (Arrival.Parse(Encoding.ASCII.GetString(request, 0, request.AsSpan(0, length).IndexOf((byte)'\n'))) is not { } arrival)
                {
                    await connection.SendAsync("error not a request\n"u8.ToArray(), limit.Token).ConfigureAwait(false);
                    return;
                }

                desk.Take(arrival);
                try
                {
                    await arrival.Done.Task.WaitAsync(limit.Token).ConfigureAwait(false);
                    await connection.SendAsync("ok\n"u8.ToArray(), limit.Token).ConfigureAwait(false);
                }
                finally
                {
                    desk.GiveUp(arrival);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The plugin went away, or waited too long: the pod stays closed until it is known.
            }
        }
    }
}
