using Podwire.Bgp.Session;

namespace Podwire.Bgp.Tests;

/// <summary>A TCP connection in memory, with a buffer of bounded size each way.</summary>
internal sealed class Link
{
    private const int BufferSize = 64 * 1024;
    private readonly List<byte> toFirst = [];
    private readonly List<byte> toSecond = [];

    public BgpConnection? First { get; set; }

    public BgpConnection? Second { get; set; }

    public bool IsClosed { get; set; }

    public bool IsDone(bool isFirst) => IsClosed && (isFirst ? First : Second)?.State is null or SessionState.Idle;

    public void Write(BgpConnection from, byte[] octets) => (from == First ? toSecond : toFirst).AddRange(octets);

    /// <summary>Gives one end what has come for it; true if that was something.</summary>
    public bool Read(TestSpeaker speaker, bool isFirst, TestNetwork network)
    {
        var (own, inbox) = (isFirst ? First : Second, isFirst ? toFirst : toSecond);
        if (own is null || own.State == SessionState.Idle)
        {
            return false;
        }

        if (inbox.Count > 0)
        {
            var count = Math.Min(inbox.Count, network.Chunk);
            var octets = inbox.GetRange(0, count).ToArray();
            inbox.RemoveRange(0, count);
            speaker.Speaker.Receive(own, octets, network.Now);
            return true;
        }

        if (IsClosed)
        {
            speaker.Speaker.Closed(own, "connection reset", network.Now);
            return true;
        }

        return false;
    }

    /// <summary>Takes what an end has to write, as far as the buffer has room.</summary>
    public bool Send(TestSpeaker speaker, bool isFirst, TestNetwork network)
    {
        var (own, outbox) = (isFirst ? First : Second, isFirst ? toSecond : toFirst);
        if (own is null || own.State == SessionState.Idle || IsClosed)
        {
            return false;
        }

        var moved = false;
        while (outbox.Count < BufferSize)
        {
            var octets = own.PeekOutput();
            if (octets.IsEmpty)
            {
                var before = own.OutputLength;
                if (!BgpSpeaker.Owes(own))
                {
                    break;
                }

                speaker.Speaker.Refill(own);
                if (own.OutputLength == before)
                {
                    break;
                }

                continue;
            }

            var count = Math.Min(Math.Min(octets.Length, network.Chunk), BufferSize - outbox.Count);
            outbox.AddRange(octets.Span[..count]);
            own.AdvanceOutput(count, network.Now);
            moved = true;
        }

        return moved;
    }
}
