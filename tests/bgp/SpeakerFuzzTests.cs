using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Fuzz;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>
/// A speaker between a neighbour that sends damaged messages and one that listens: nothing that comes may throw, and what is told on must be
/// without fault. By itself beside <see cref="FuzzTests"/>, so that the two can run at once.
/// </summary>
public sealed class SpeakerFuzzTests
{
    private static readonly IpAddress Sender = IpAddress.Parse("10.9.0.2");
    private static readonly IpAddress Listener = IpAddress.Parse("10.9.0.3");
    private static readonly byte[][] Updates = [.. FuzzTests.Samples.Where(static sample => sample[18] == (byte)BgpMessageType.Update)];

    /// <summary>The IPv4 ones once more for sessions with path identifiers, where the others end at their first prefix.</summary>
    private static readonly byte[][] WithPathIds =
    [
        WirePeer.Update(string.Empty, "40010100 40020A 02020000FC0000000001 400304AC100001 8004040000000A 40050400000064 C0080400010002 80090401020304 800A0401020305", "00000001 18C00002 00000002 1A0AF40100"),
        WirePeer.Update(string.Empty, "40010100 400200 400304AC100001 40050400000064", "00000003 18C00002 00000002 18C00002"),
        WirePeer.Update("00000001 100A0A 00000002 1A0AF40100", string.Empty, string.Empty),
    ];

    private readonly UpdateReader reader = new();
    private TestNetwork network = new();
    private TestSpeaker speaker = null!;
    private BgpConnection sending = null!;
    private BgpConnection listening = null!;
    private int sessions;
    private byte[] told = [];
    private long updates;

    [Fact]
    [Trait("fuzz", "yes")]
    public void AnyMessage_ToASpeaker_IsContainedAndToldOnWithoutFault()
    {
        Fuzzer.Run("BGP messages into a speaker", Next, Take, static _ => false, inputsAtLeast: 60_000);
        Assert.True(updates > 0, "the listener was told nothing");
    }

    /// <summary>The next message; begins the session anew where the last one has ended it, now and then with another speaker.</summary>
    private byte[] Next(Random random)
    {
        if (sessions == 0 || sending.State == SessionState.Idle)
        {
            Connect(random);
        }

        var samples = random.Next(16) == 0 ? FuzzTests.Samples : sending.Neighbor.Config.AddPath == AddPathMode.Both ? WithPathIds : Updates;
        return Damaged(samples[random.Next(samples.Length)], random);
    }

    private void Take(byte[] message)
    {
        // In two pieces now and then, as TCP has it.
        var cut = message.Length % 7 == 0 ? message.Length / 2 : message.Length;
        speaker.Speaker.Receive(sending, message.AsSpan(0, cut), network.Now);
        if (cut < message.Length && sending.State != SessionState.Idle)
        {
            speaker.Speaker.Receive(sending, message.AsSpan(cut), network.Now);
        }

        speaker.Speaker.Flush();
        Drain(sending, static _ => { });
        Drain(listening, Listen);
    }

    private void Connect(Random random)
    {
        if (sessions++ % 256 == 0)
        {
            network = new TestNetwork();
            speaker = network.Add("10.9.0.1");
            told = [];
            listening = new WirePeer(network, speaker, Listener.ToString()).Establish().Connection;
        }

        // Another agreement with the sender: add-path or not, two octets or four, within the AS or another's, which may keep its routes or not.
        var asn = random.Next(3) == 0 ? 64513u : 64512u;
        var agreed = new NeighborConfig
        {
            Address = Sender, Asn = asn, IsPassive = true, IsClient = random.Next(2) == 0, AddPath = random.Next(2) == 0 ? AddPathMode.Both : AddPathMode.None, FourOctetAs = random.Next(4) != 0, ErrorWaitMilliseconds = 0,
        };
        if (speaker.Speaker.Find(Sender) is { } known)
        {
            speaker.Speaker.Remove(known, network.Now);
        }

        speaker.Speaker.Add(agreed, network.Now);
        sending = speaker.Speaker.Accept(Sender, speaker.Address, network.Now)!;
        if (random.Next(16) == 0)
        {
            // The first message of all is a damaged one.
            return;
        }

        var capabilities = WirePeer.All with { FourOctetAs = random.Next(3) == 0 ? null : asn, AddPathV4 = AddPathMode.Both, GracefulRestart = random.Next(2) == 0 ? new(120, false, true, true, true, true) : null };
        speaker.Speaker.Receive(sending, new OpenMessage(asn, 90, Sender, capabilities).ToMessage(), network.Now);
        speaker.Speaker.Receive(sending, MessageHeader.Keepalive.Span, network.Now);
        Assert.Equal(SessionState.Established, sending.State);
    }

    private void Drain(BgpConnection connection, Action<byte[]> read)
    {
        while (true)
        {
            var piece = connection.PeekOutput();
            if (!piece.IsEmpty)
            {
                read(piece.ToArray());
                connection.AdvanceOutput(piece.Length, network.Now);
                continue;
            }

            if (connection.State != SessionState.Established || !BgpSpeaker.Owes(connection))
            {
                return;
            }

            speaker.Speaker.Refill(connection);
            if (connection.PeekOutput().IsEmpty)
            {
                return;
            }
        }
    }

    /// <summary>What the listener is told: whole messages, and UPDATEs that a strict reader finds nothing wrong with.</summary>
    private void Listen(byte[] octets)
    {
        told = [.. told, .. octets];
        var rest = told.AsSpan();
        while (MessageHeader.TryRead(rest, MessageHeader.LongestExtendedMessage, out var type, out var length))
        {
            if (type == BgpMessageType.Update)
            {
                reader.Read(rest[MessageHeader.Size..length], hasFourOctetAs: true, isInternal: true);
                Assert.True(reader.Withdraws is null && reader.Discarded == 0, $"told on: {reader.Withdraws} {Convert.ToHexString(rest[..length])}");
                updates++;
            }

            Assert.True(type != BgpMessageType.Notification, "the listener's session was ended");
            rest = rest[length..];
        }

        told = rest.ToArray();
    }

    /// <summary>Most often an UPDATE with some octets changed and a header that fits: what ends the session shows little.</summary>
    private static byte[] Damaged(byte[] sample, Random random)
    {
        var message = (byte[])sample.Clone();
        for (var i = random.Next(3); i > 0; i--)
        {
            var from = random.Next(64) == 0 ? 0 : MessageHeader.Size;
            if (from < message.Length)
            {
                message[random.Next(from, message.Length)] = (byte)random.Next(256);
            }
        }

        // Now and then a body of another length, or of another message's type.
        return random.Next(64) != 0 ? message : MessageHeader.Build(random.Next(4) == 0 ? (BgpMessageType)random.Next(1, 6) : (BgpMessageType)message[18], message.AsSpan(MessageHeader.Size, random.Next(message.Length - MessageHeader.Size + 1)));
    }
}
