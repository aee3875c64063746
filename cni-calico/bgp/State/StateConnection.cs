using System.Net.Sockets;
using System.Text;
using Podwire.BgpDaemon.Interop;
using Podwire.BgpDaemon.Loop;

namespace Podwire.BgpDaemon.State;

/// <summary>One client of the state socket.</summary>
internal sealed class StateConnection(Socket socket, EventLoop loop, Func<string, IEnumerable<ReadOnlyMemory<byte>>> answer) : LoopTarget(socket)
{
    private const int LongestQuestion = 256;
    private const int MostPerTurn = 16;
    private readonly byte[] question = new byte[LongestQuestion];
    private int length;
    private IEnumerator<ReadOnlyMemory<byte>>? pieces;
    private ReadOnlyMemory<byte> piece;

    public override void Ready(uint events, long now)
    {
        if (pieces is null && !Read())
        {
            return;
        }

        Write();
    }

    private bool Read()
    {
        var count = Socket.Receive(question.AsSpan(length), SocketFlags.None, out var error);
        if (count > 0)
        {
            length += count;
            var end = question.AsSpan(0, length).IndexOf((byte)'\n');
            if (end < 0 && length < LongestQuestion)
            {
                return false;
            }

            pieces = answer(Encoding.UTF8.GetString(question, 0, end < 0 ? length : end).Trim()).GetEnumerator();
            return true;
        }

        if (error != SocketError.WouldBlock)
        {
            loop.Close(this);
        }

        return false;
    }

    private void Write()
    {
        for (var turn = 0; turn < MostPerTurn; turn++)
        {
            if (piece.IsEmpty)
            {
                if (!pieces!.MoveNext())
                {
                    pieces.Dispose();
                    loop.Close(this);
                    return;
                }

                piece = pieces.Current;
            }

            var count = Socket.Send(piece.Span, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                loop.Close(this);
                return;
            }

            piece = piece[Math.Max(count, 0)..];
            if (!piece.IsEmpty)
            {
                break;
            }
        }

        loop.Change(this, Libc.EPOLLOUT);
    }
}
