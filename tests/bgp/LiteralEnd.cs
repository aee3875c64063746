using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>
/// A speaker that judges a collision by the letter of RFC 4271 section 6.8, as bird does: when an OPEN comes, and of the other connection only
/// whether it is in OpenConfirm or Established.
/// </summary>
internal sealed class LiteralEnd(string own, string other) : CollisionEnd
{
    private readonly SessionState[] states = new SessionState[2];
    private readonly bool[] isOutgoing = new bool[2];
    private long established;

    public override long Established => established;

    public override int? Session => Array.IndexOf(states, SessionState.Established) is >= 0 and var session ? session : null;

    public override bool HasOpen(int connection) => states[connection] > SessionState.OpenSent;

    public override void Open(int connection, bool isOutgoing)
    {
        if (isOutgoing && HasOpen(1 - connection))
        {
            IsClosed[connection] = true;
            return;
        }

        (states[connection], this.isOutgoing[connection]) = (SessionState.OpenSent, isOutgoing);
        Sent[connection].Enqueue(new OpenMessage(64512, 90, IpAddress.Parse(own), WirePeer.All).ToMessage());
    }

    public override void Receive(int connection, byte[] message)
    {
        switch ((BgpMessageType)message[18])
        {
            case BgpMessageType.Open:
                var isDominant = string.CompareOrdinal(own, other) > 0;
                var keepsNew = isOutgoing[connection] == isDominant;
                if (states[1 - connection] == SessionState.Established || (states[1 - connection] == SessionState.OpenConfirm && !keepsNew))
                {
                    Cease(connection);
                    return;
                }

                if (states[1 - connection] == SessionState.OpenConfirm)
                {
                    Cease(1 - connection);
                }

                states[connection] = SessionState.OpenConfirm;
                Sent[connection].Enqueue(MessageHeader.Keepalive.ToArray());
                break;
            case BgpMessageType.Keepalive when states[connection] == SessionState.OpenConfirm:
                states[connection] = SessionState.Established;
                established++;
                Sent[connection].Enqueue(WirePeer.Update(string.Empty, string.Empty, string.Empty));
                break;
            case BgpMessageType.Notification:
                End(connection);
                IsClosed[connection] = true;
                break;
        }
    }

    public override void End(int connection) => states[connection] = SessionState.Idle;

    private void Cease(int connection)
    {
        Sent[connection].Enqueue(NotificationMessage.Cease(BgpSubcode.CeaseCollisionResolution).ToMessage());
        End(connection);
        IsClosed[connection] = true;
    }
}
