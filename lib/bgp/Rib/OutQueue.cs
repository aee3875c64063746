namespace Podwire.Bgp.Rib;

/// <summary>
/// What waits to be written to one connection: pieces of buffers that several queues share. Not copied, not owned; a buffer goes when no queue
/// names it any more. Pieces that follow each other in a buffer are one.
/// </summary>
internal sealed class OutQueue
{
    private readonly Queue<Piece> pieces = new();
    private Piece last;
    private int written;

    /// <summary>Octets that wait.</summary>
    public long Length { get; private set; }

    public bool IsEmpty => Length == 0;

    public void Add(byte[] buffer, int offset, int length)
    {
        Length += length;
        if (last.Buffer == buffer && last.Offset + last.Length == offset)
        {
            last = last with { Length = last.Length + length };
            return;
        }

        if (last.Buffer is not null)
        {
            pieces.Enqueue(last);
        }

        last = new Piece(buffer, offset, length);
    }

    public void Add(byte[] message) => Add(message, 0, message.Length);

    /// <summary>The next octets to write; empty if there are none.</summary>
    public ReadOnlyMemory<byte> Peek()
    {
        var piece = pieces.Count > 0 ? pieces.Peek() : last;
        return piece.Buffer is null ? default : piece.Buffer.AsMemory(piece.Offset + written, piece.Length - written);
    }

    /// <summary>So many of the octets that <see cref="Peek"/> gave have been written.</summary>
    public void Advance(int count)
    {
        Length -= count;
        written += count;
        if (written < (pieces.Count > 0 ? pieces.Peek() : last).Length)
        {
            return;
        }

        written = 0;
        if (!pieces.TryDequeue(out _))
        {
            last = default;
        }
    }

    public void Clear()
    {
        pieces.Clear();
        (last, written, Length) = (default, 0, 0);
    }

    private readonly record struct Piece(byte[]? Buffer, int Offset, int Length);
}
