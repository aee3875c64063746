using System.Net;
using System.Net.Sockets;
using Podwire.Bgp.Wire;
using Podwire.BgpBench.Interop;
using Podwire.Primitives;

namespace Podwire.BgpBench;

/// <summary>One client's session with the reflector: as much of BGP as a reflector's client needs, on a socket that never blocks.</summary>
internal sealed class FeedSession(int client, Epoll epoll, Ledger ledger) : IDisposable
{
    // Longer than any row, and divided by three still longer than the loop's turns.
    private const int HoldSeconds = 240;
    private static readonly byte[] Scratch = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);
    private readonly byte[] rest = new byte[MessageHeader.LongestMessage];
    private Socket? socket;
    private ReadOnlyMemory<byte> output;
    private int restLength;

    /// <summary>True when OPEN and KEEPALIVE have gone both ways.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Why it ended; null while it has not.</summary>
    public string? End { get; private set; }

    /// <summary>The TCP connection was refused: nobody listens yet.</summary>
    public bool WasRefused { get; private set; }

    public bool IsSending => !output.IsEmpty;

    /// <summary>Connects and sends OPEN; to be called in the feeder's namespace.</summary>
    public void Open()
    {
        Dispose();
        (IsUp, End, WasRefused, restLength, output) = (false, null, false, 0, default);
        socket = new Socket(System.Net.Sockets.AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(RoutePlan.NameOf(client)), 0));
        try
        {
            socket.Connect(IPAddress.Parse(RoutePlan.Reflector), 179);
        }
        catch (SocketException e)
        {
            WasRefused = true;
            Finish($"connecting: {e.SocketErrorCode}");
            return;
        }

        socket.Blocking = false;
        epoll.Watch(socket.SafeHandle, client, Epoll.In);
        Send(new OpenMessage(RoutePlan.Asn, HoldSeconds, IpAddress.FromV4(RoutePlan.AddressOf(client)), new Capabilities { V4 = true, FourOctetAs = RoutePlan.Asn }).ToMessage());
    }

    /// <summary>Sends what goes at once; the rest follows as the reflector takes it.</summary>
    public void Send(ReadOnlyMemory<byte> messages)
    {
        output = output.IsEmpty ? messages : (byte[])[.. output.Span, .. messages.Span];
        Write();
    }

    public void Ready(uint events)
    {
        if ((events & Epoll.Out) != 0)
        {
            Write();
        }

        if ((events & ~Epoll.Out) != 0 && End is null)
        {
            Read();
        }
    }

    public void Dispose()
    {
        socket?.Dispose();
        socket = null;
    }

    private void Write()
    {
        var wasWhole = true;
        while (!output.IsEmpty)
        {
            var count = socket!.Send(output.Span, SocketFlags.None, out var error);
            output = output[Math.Max(0, count)..];
            if (error == SocketError.WouldBlock)
            {
                wasWhole = false;
                break;
            }

            if (error != SocketError.Success)
            {
                Finish($"writing: {error}");
                return;
            }
        }

        epoll.Change(socket!.SafeHandle, client, wasWhole ? Epoll.In : Epoll.In | Epoll.Out);
    }

    private void Read()
    {
        rest.AsSpan(0, restLength).CopyTo(Scratch);
        var count = socket!.Receive(Scratch.AsSpan(restLength), SocketFlags.None, out var error);
        if (count <= 0)
        {
            if (error != SocketError.WouldBlock)
            {
                Finish(error == SocketError.Success ? "the reflector closed the connection" : $"reading: {error}");
            }

            return;
        }

        var data = Scratch.AsSpan(0, restLength + count);
        try
        {
            while (End is null && MessageHeader.TryRead(data, MessageHeader.LongestMessage, out var type, out var length))
            {
                Take(type, data[MessageHeader.Size..length]);
                data = data[length..];
            }
        }
        catch (BgpProtocolException e)
        {
            Finish($"a malformed message: {e.Message}");
        }

        restLength = End is null ? data.Length : 0;
        data[..restLength].CopyTo(rest);
    }

    private void Take(BgpMessageType type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case BgpMessageType.Open:
                _ = OpenMessage.Read(body);
                Send(MessageHeader.Keepalive);
                break;
            case BgpMessageType.Keepalive:
                IsUp = true;
                break;
            case BgpMessageType.Update:
                ledger.Take(client, body);
                break;
            case BgpMessageType.Notification:
                var notification = NotificationMessage.Read(body);
                Finish($"NOTIFICATION {notification.Code} {notification.Subcode}");
                break;
        }
    }

    private void Finish(string why)
    {
        (End, IsUp, output) = (why, false, default);
        Dispose();
    }
}
