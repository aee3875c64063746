using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Podwire.CniCalico.Agent.Cni;

/// <summary>The unix socket that plugins ask at: a line there, a line back. Only its owner may connect.</summary>
internal sealed class PluginSocket : IDisposable
{
    private const int LongestRequest = 1 << 20;

    // The other end reads no more (lib/netlink, LocalRequest).
    private const int LongestAnswer = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Socket socket;
    private readonly ILogger logger;

    /// <summary>Listens.</summary>
    /// <exception cref="IOException">The path cannot be had.</exception>
    public PluginSocket(string path, ILogger logger)
    {
        this.logger = logger;
        socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.Delete(path);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(1024);
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or ArgumentException)
        {
            socket.Dispose();
            throw new IOException($"--socket {path}: {e.Message}", e);
        }
    }

    /// <summary>Serves until cancelled.</summary>
    public async Task RunAsync(Func<string, CancellationToken, Task<string>> answer, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var client = await socket.AcceptAsync(cancel).ConfigureAwait(false);
                _ = Task.Run(() => ServeAsync(client, answer, cancel), cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private async Task ServeAsync(Socket client, Func<string, CancellationToken, Task<string>> answer, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            using (client)
            {
                if (await ReadLineAsync(client, limit.Token).ConfigureAwait(false) is { } line)
                {
                    var said = (await answer(line, limit.Token).ConfigureAwait(false)).ReplaceLineEndings(" ");
                    CalicoLog.Answered(logger, line, said);
                    await client.SendAsync(Encoding.ASCII.GetBytes((said.Length > LongestAnswer ? said[..LongestAnswer] : said) + "\n"), limit.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The plugin has gone; its runtime asks again.
        }
    }

    private static async Task<string?> ReadLineAsync(Socket client, CancellationToken cancel)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(length), cancel).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            var end = buffer.AsSpan(length, count).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return Encoding.ASCII.GetString(buffer, 0, length + end);
            }

            length += count;
            if (length == buffer.Length)
            {
                if (length >= LongestRequest)
                {
                    return null;
                }

                Array.Resize(ref buffer, length * 2);
            }
        }
    }
}
