using System.Net.Sockets;
using Podwire.BgpDaemon.Loop;

namespace Podwire.BgpDaemon.State;

/// <summary>
/// The unix socket of the state. A client writes one line and reads one JSON document up to the end: <c>neighbors</c>, <c>routes [PREFIX]</c>,
/// <c>explain PREFIX</c>, <c>summary</c>. Served by the loop's own thread, piece by piece as the client reads.
/// </summary>
internal sealed class StateServer : LoopTarget
{
    private readonly EventLoop loop;
    private readonly string path;
    private readonly Func<string, IEnumerable<ReadOnlyMemory<byte>>> answer;

    private StateServer(Socket socket, string path, EventLoop loop, Func<string, IEnumerable<ReadOnlyMemory<byte>>> answer)
        : base(socket) => (this.path, this.loop, this.answer) = (path, loop, answer);

    /// <summary>True if a run before this one has ended without removing the socket: killed, or to be restarted gracefully.</summary>
    public bool WasLeftBehind { get; private init; }

    /// <summary>Listens at the path; only its owner may connect.</summary>
    /// <exception cref="IOException">The path cannot be had, or another daemon answers there.</exception>
    public static StateServer Open(string path, EventLoop loop, Func<string, IEnumerable<ReadOnlyMemory<byte>>> answer)
    {
        Socket? socket = null;
        try
        {
            var isLeft = File.Exists(path);
            if (isLeft && IsServed(path))
            {
                throw new IOException($"stateSocket {path}: another podwire-bgp serves it");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.Delete(path);
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(16);
            var server = new StateServer(socket, path, loop, answer) { WasLeftBehind = isLeft };
            loop.Add(server);
            return server;
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            throw new IOException($"stateSocket {path}: {e.Message}", e);
        }
    }

    /// <summary>Removes the path: the next start is no restart.</summary>
    public void Forget() => File.Delete(path);

    public override void Ready(uint events, long now)
    {
        try
        {
            while (Socket.Poll(0, SelectMode.SelectRead))
            {
                var client = Socket.Accept();
                client.Blocking = false;
                loop.Add(new StateConnection(client, loop, answer));
            }
        }
        catch (SocketException)
        {
            // The client has gone again.
        }
    }

    private static bool IsServed(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
