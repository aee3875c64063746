using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>
/// Finds answers in packets: each datagram is one; in a stream each follows its length (RFC 1035 section 4.2.2), in as many segments as it takes. Streams are
/// followed from their first packet; one that is not in order is given up, and so is the one that was silent the longest where there are too many. No I/O.
/// </summary>
internal sealed class AnswerReader
{
    private const int MostStreams = 256;
    private const int LengthBytes = 2;
    private readonly Dictionary<(IpAddress, ushort, IpAddress, ushort), Stream> streams = [];
    private long count;

    /// <summary>Answers in a packet, from its IP header on.</summary>
    public List<DnsAnswer> Read(ReadOnlySpan<byte> bytes)
    {
        var found = new List<DnsAnswer>();
        if (!AnswerPacket.TryRead(bytes, out var packet))
        {
            return found;
        }

        if (!packet.IsTcp)
        {
            Add(packet.Payload, found);
            return found;
        }

        if (packet.IsFirst)
        {
            Begin(packet);
        }
        else if (streams.TryGetValue(packet.Flow, out var stream) && !Follow(stream, packet, found))
        {
            streams.Remove(packet.Flow);
        }

        if (packet.IsLast)
        {
            streams.Remove(packet.Flow);
        }

        return found;
    }

    private static void Add(ReadOnlySpan<byte> message, List<DnsAnswer> found)
    {
        if (DnsAnswer.Read(message) is { } answer)
        {
            found.Add(answer);
        }
    }

    private void Begin(AnswerPacket packet)
    {
        if (streams.Count >= MostStreams)
        {
            streams.Remove(streams.MinBy(static stream => stream.Value.Seen).Key);
        }

        // SYN takes a number of its own.
        streams[packet.Flow] = new() { Next = packet.Sequence + 1 + (uint)packet.Payload.Length, Seen = ++count };
    }

    /// <summary>Takes in the next bytes; false if bytes are missing.</summary>
    private bool Follow(Stream stream, AnswerPacket packet, List<DnsAnswer> found)
    {
        var known = (int)(stream.Next - packet.Sequence);
        if (known < 0)
        {
            return packet.Payload.IsEmpty;
        }

        stream.Seen = ++count;
        if (known >= packet.Payload.Length)
        {
            return true;
        }

        var fresh = packet.Payload[known..];
        stream.Next += (uint)fresh.Length;
        stream.Bytes.AddRange(fresh);
        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(stream.Bytes);
        var at = 0;
        while (all.Length - at >= LengthBytes && BinaryPrimitives.ReadUInt16BigEndian(all[at..]) is var length && all.Length - at - LengthBytes >= length)
        {
            Add(all.Slice(at + LengthBytes, length), found);
            at += LengthBytes + length;
        }

        stream.Bytes.RemoveRange(0, at);
        return true;
    }

    private sealed class Stream
    {
        public uint Next { get; set; }

        public long Seen { get; set; }

        /// <summary>Less than one message with its length: 65,537 bytes.</summary>
        public List<byte> Bytes { get; } = [];
    }
}
