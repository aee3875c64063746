using System.Buffers.Binary;
using Podwire.Fuzz;
using Podwire.NetPolicy.Domains;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Domains;

/// <summary>Answers found in packets: datagrams and streams of either family, and whatever else a packet may hold.</summary>
public sealed class AnswerReaderTests
{
    private static readonly DnsServer Server = new();
    private const byte Syn = 2, Fin = 1, Ack = 16;

    [Theory]
    [InlineData("10.0.0.53", "10.0.0.2", 0)]
    [InlineData("fd00::53", "fd00::2", 0)]
    [InlineData("fd00::53", "fd00::2", 1)]
    public void Read_Datagram_FindsTheQuestionsNameAndTheAddressesBehindAliases(string from, string to, int extensions)
    {
        var answer = Assert.Single(new AnswerReader().Read(Datagram(from, to, Answer("one.wild.test"), extensions)));

        Assert.Equal(("one.wild.test", 30u), (answer.Name, answer.Ttl));
        Assert.Equal([IpAddress.Parse("192.0.2.1"), IpAddress.Parse("192.0.2.2")], answer.Addresses);
    }

    [Fact]
    public void Read_QuestionOrAnswerToAnotherKindOfQuestion_FindsNothing()
    {
        var question = new byte[300];
        var length = DnsReply.WriteQuestion(7, "one.wild.test", DnsType.A, question);
        var other = Answer("one.wild.test");
        other[12 + 15 + 1] = (byte)DnsType.Cname;

        Assert.Empty(new AnswerReader().Read(Datagram("10.0.0.53", "10.0.0.2", question[..length])));
        Assert.Empty(new AnswerReader().Read(Datagram("10.0.0.53", "10.0.0.2", other)));
        Assert.Empty(new AnswerReader().Read(Datagram("10.0.0.53", "10.0.0.2", [])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(60)]
    [InlineData(5000)]
    public void Read_StreamInSegmentsOfAnyLength_FindsEveryAnswer(int size)
    {
        var reader = new AnswerReader();
        byte[] stream = [.. Framed(Answer("one.wild.test")), .. Framed(Answer("two.wild.test"))];
        var found = new List<string>();

        Assert.Empty(reader.Read(Segment(uint.MaxValue - 20, Syn | Ack, [])));
        for (var at = 0; at < stream.Length; at += size)
        {
            var segment = Segment((uint)(uint.MaxValue - 19 + (long)at), Ack, stream[at..Math.Min(stream.Length, at + size)]);
            found.AddRange(reader.Read(segment).Select(answer => answer.Name));
            // Sent again, since an acknowledgement was lost.
            Assert.Empty(reader.Read(segment));
        }

        Assert.Equal(["one.wild.test", "two.wild.test"], found);
    }

    [Fact]
    public void Read_StreamWithoutItsBeginOrWithAGap_FindsNothing()
    {
        var answer = Framed(Answer("one.wild.test"));
        var reader = new AnswerReader();

        Assert.Empty(reader.Read(Segment(1, Ack, answer)));
        reader.Read(Segment(0, Syn | Ack, []));
        Assert.Empty(reader.Read(Segment(1 + 10, Ack, answer[10..])));
        Assert.Empty(reader.Read(Segment(1, Ack, answer)));
        reader.Read(Segment(0, Syn | Ack, []));
        Assert.Single(reader.Read(Segment(1, Ack | Fin, answer)));
        Assert.Empty(reader.Read(Segment((uint)(1 + answer.Length), Ack, answer)));
    }

    [Fact]
    public void Read_MoreStreamsThanAreFollowed_GivesUpTheOneThatWasSilentTheLongest()
    {
        var reader = new AnswerReader();
        for (ushort port = 1; port <= 300; port++)
        {
            reader.Read(Segment(0, Syn | Ack, [], port));
        }

        Assert.Empty(reader.Read(Segment(1, Ack, Framed(Answer("one.wild.test")), 1)));
        Assert.Single(reader.Read(Segment(1, Ack, Framed(Answer("one.wild.test")), 300)));
    }

    [Fact]
    [Trait("fuzz", "yes")]
    public void Read_Anything_NeverFails()
    {
        // The reader goes on from one packet to the next, so streams are begun, followed and broken off.
        var reader = new AnswerReader();
        Fuzzer.Run("dns answers in packets", Seeds(), bytes => reader.Read(bytes), static _ => false);
    }

    [Fact]
    public void Read_AnyBytes_NeverFails()
    {
        var random = new Random(1);
        var seeds = Seeds();
        var reader = new AnswerReader();
        for (var i = 0; i < 200_000; i++)
        {
            var packet = (byte[])seeds[i % seeds.Length].Clone();
            for (var damage = random.Next(6); damage > 0; damage--)
            {
                packet[random.Next(packet.Length)] = (byte)random.Next(256);
            }

            reader.Read(packet.AsSpan(0, random.Next(4) == 0 ? random.Next(packet.Length) : packet.Length));
        }
    }

    private static byte[][] Seeds() =>
    [
        Datagram("10.0.0.53", "10.0.0.2", Answer("one.wild.test")), Datagram("fd00::53", "fd00::2", Answer("one.wild.test"), 2), Segment(0, Syn, []), Segment(1, Ack, Framed(Answer("one.wild.test"))),
    ];

    private static byte[] Answer(string name)
    {
        Server.SetAlias(name, 300, "elsewhere.net");
        Server.Set("elsewhere.net", 30, "192.0.2.1", "192.0.2.2");
        var question = new byte[300];
        // Without the record that says how long an answer may be: the server repeats the question as it is.
        return Server.Answer(question.AsSpan(0, DnsReply.WriteQuestion(7, name, DnsType.A, question) - 11));
    }

    private static byte[] Framed(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static byte[] Datagram(string from, string to, byte[] payload, int extensions = 0)
    {
        byte[] segment = [0, 53, 0x12, 0x34, (byte)((payload.Length + 8) >> 8), (byte)(payload.Length + 8), 0, 0, .. payload];
        return Packet(from, to, IpProtocol.Udp, segment, extensions);
    }

    private static byte[] Segment(uint sequence, byte flags, byte[] payload, ushort port = 4660)
    {
        var header = new byte[24];
        BinaryPrimitives.WriteUInt16BigEndian(header, 53);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), port);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), sequence);
        (header[12], header[13]) = (6 << 4, flags);
        return Packet("10.0.0.53", "10.0.0.2", IpProtocol.Tcp, [.. header, .. payload]);
    }

    private static byte[] Packet(string from, string to, IpProtocol protocol, byte[] segment, int extensions = 0)
    {
        var (source, destination) = (IpAddress.Parse(from), IpAddress.Parse(to));
        if (source.IsV4)
        {
            var length = 20 + segment.Length;
            return [0x45, 0, (byte)(length >> 8), (byte)length, 0, 0, 0x40, 0, 64, (byte)protocol, 0, 0, .. source.ToBytes(), .. destination.ToBytes(), .. segment];
        }

        List<byte> rest = [];
        for (var i = 0; i < extensions; i++)
        {
            // Destination options, eight bytes of padding.
            rest.AddRange([i + 1 < extensions ? (byte)60 : (byte)protocol, 0, 1, 4, 0, 0, 0, 0]);
        }

        rest.AddRange(segment);
        return [0x60, 0, 0, 0, (byte)(rest.Count >> 8), (byte)rest.Count, extensions > 0 ? (byte)60 : (byte)protocol, 64, .. source.ToBytes(), .. destination.ToBytes(), .. rest];
    }
}
