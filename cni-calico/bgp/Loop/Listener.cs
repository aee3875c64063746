using System.Net;
using System.Net.Sockets;
using Podwire.BgpDaemon.Config;

namespace Podwire.BgpDaemon.Loop;

/// <summary>An address on which neighbours connect.</summary>
internal sealed class Listener : LoopTarget
{
    private const int Backlog = 1024;
    private readonly Action<Socket, long> accepted;

    private Listener(Socket socket, ListenAddress address, Action<Socket, long> accepted)
        : base(socket) => (Address, this.accepted) = (address, accepted);

    public ListenAddress Address { get; }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public static Listener Open(ListenAddress address, Action<Socket, long> accepted)
    {
        var socket = SocketOptions.Create(address.Address.Family);
        try
        {
            SocketOptions.Prepare(socket, address.Address.Family);
            socket.Bind(new IPEndPoint(address.Address.ToIPAddress(), address.Port));
            socket.Listen(Backlog);
            return new Listener(socket, address, accepted);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override void Ready(uint events, long now)
    {
        try
        {
            // Poll before each: a refusal would cost an exception.
            while (Socket.Poll(0, SelectMode.SelectRead))
            {
                var socket = Socket.Accept();
                socket.Blocking = false;
                accepted(socket, now);
            }
        }
        catch (SocketException)
        {
            // The neighbour has gone again, or descriptors are short for now: the next turn tries again.
        }
    }
}
