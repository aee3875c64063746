using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>A <see cref="BgpSpeaker"/> in a <see cref="CollisionRace"/>.</summary>
internal sealed class SpeakerEnd : CollisionEnd, ISpeakerHost
{
    private const long Now = 1_000;
    private readonly IpAddress own, other;
    private readonly BgpSpeaker speaker;
    private readonly Neighbor neighbor;
    private readonly BgpConnection?[] connections = new BgpConnection?[2];

    public SpeakerEnd(string own, string other)
    {
        (this.own, this.other) = (IpAddress.Parse(own), IpAddress.Parse(other));
        speaker = new BgpSpeaker(new SpeakerConfig { Asn = 64512, RouterId = this.own }, this, Now);
        neighbor = speaker.Add(new NeighborConfig { Address = this.other, Asn = 64512 }, Now);
    }

    public override long Established => neighbor.EstablishedCount;

    public override int? Session => neighbor.Session is { } session ? Array.IndexOf(connections, session) : null;

    public override bool HasOpen(int connection) => connections[connection]?.State > SessionState.OpenSent;

    public override void Open(int connection, bool isOutgoing)
    {
        if ((isOutgoing ? speaker.Connected(neighbor, own, Now) : speaker.Accept(other, own, Now)) is { } begun)
        {
            connections[connection] = begun;
            Write();
        }
        else
        {
            IsClosed[connection] = true;
        }
    }

    public override void Receive(int connection, byte[] message)
    {
        speaker.Receive(connections[connection]!, message, Now);
        Write();
    }

    public override void End(int connection)
    {
        if (connections[connection] is { } ended)
        {
            speaker.Closed(ended, "closed", Now);
        }

        Write();
    }

    public void Connect(Neighbor neighbor)
    {
    }

    public void Close(BgpConnection connection)
    {
        Write();
        IsClosed[Array.IndexOf(connections, connection)] = true;
    }

    public void StateChanged(Neighbor neighbor, SessionState from, SessionState to, string reason)
    {
    }

    public void Report(Neighbor neighbor, string message)
    {
    }

    public void RouteChanged(IpFamily family, IpPrefix prefix)
    {
    }

    private void Write()
    {
        speaker.Flush();
        for (var i = 0; i < 2; i++)
        {
            while (connections[i] is { } connection)
            {
                if (connection.State == SessionState.Established && connection.OutputLength == 0 && BgpSpeaker.Owes(connection))
                {
                    speaker.Refill(connection);
                }

                var octets = connection.PeekOutput().ToArray();
                if (octets.Length == 0)
                {
                    break;
                }

                // Each piece of the output is whole messages.
                var rest = octets.AsSpan();
                while (MessageHeader.TryRead(rest, MessageHeader.LongestExtendedMessage, out _, out var length))
                {
                    Sent[i].Enqueue(rest[..length].ToArray());
                    rest = rest[length..];
                }

                Assert.True(rest.IsEmpty);
                connection.AdvanceOutput(octets.Length, Now);
            }
        }
    }
}
