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

    /// <summary>Copies the next octets, over several pieces; as many as there are and fit.</summary>
    public int CopyTo(Span<byte> destination)
    {
        var (copied, skip) = (0, written);
        foreach (var piece in pieces)
        {
            if (copied == destination.Length)
            {
                return copied;
            }

            copied += Copy(piece, skip, destination[copied..]);
            skip = 0;
        }

        return last.Buffer is null ? copied : copied + Copy(last, skip, destination[copied..]);
    }

    /// <summary>So many of the octets that <see cref="Peek"/> or <see cref="CopyTo"/> gave have been written.</summary>
    public void Advance(int count)
    {
        Length -= count;
        written += count;
        while (pieces.TryPeek(out var piece) && written >= piece.Length)
        {
            written -= piece.Length;
            pieces.Dequeue();
        }

        if (pieces.Count == 0 && last.Buffer is not null && written >= last.Length)
        {
            written = 0;
            last = default;
        }
    }

    public void Clear()
    {
        pieces.Clear();
        (last, written, Length) = (default, 0, 0);
    }

    private static int Copy(Piece piece, int skip, Span<byte> destination)
    {
        var octets = piece.Buffer.AsSpan(piece.Offset + skip, Math.Min(piece.Length - skip, destination.Length));
        octets.CopyTo(destination);
        return octets.Length;
    }

    private readonly record struct Piece(byte[]? Buffer, int Offset, int Length);
}
