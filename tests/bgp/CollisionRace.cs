using System.Text;

namespace Podwire.Bgp.Tests;

/// <summary>
/// Two ends that connect to each other at once: connection 0 is the left end's, 1 the right end's. When a connection stands and who is served
/// when is chance. What is not: messages keep their order within a connection and a direction; an end accepts what waits before it reads; an
/// end does not open a connection while another has come as far as the OPEN.
/// </summary>
internal sealed class CollisionRace(CollisionEnd left, CollisionEnd right)
{
    private readonly StringBuilder history = new();

    /// <summary>Whether each end has had one session, and the same connection is that of both.</summary>
    public bool IsOneSession => left.Established == 1 && right.Established == 1 && left.Session is { } session && right.Session == session;

    public static CollisionEnd Speaker(string own, string other) => new SpeakerEnd(own, other);

    public void Run(Random random)
    {
        CollisionEnd[] ends = [left, right];
        var stands = new bool[2];
        while (true)
        {
            var possible = new List<(int End, int Connection)>();
            for (var connection = 0; connection < 2; connection++)
            {
                var (opener, acceptor) = (ends[connection], ends[1 - connection]);
                if (!stands[connection])
                {
                    possible.Add((connection, connection));
                    continue;
                }

                if (!opener.IsOpened[connection])
                {
                    possible.Add((connection, connection));
                }

                if (!acceptor.IsOpened[connection])
                {
                    possible.Add((1 - connection, connection));
                }

                for (var end = 0; end < 2; end++)
                {
                    var mustAccept = stands[1 - end] && !ends[end].IsOpened[1 - end];
                    if (ends[end].IsOpened[connection] && !mustAccept && !ends[end].IsClosed[connection] && (ends[1 - end].Sent[connection].Count > 0 || ends[1 - end].IsClosed[connection]))
                    {
                        possible.Add((end, connection));
                    }
                }
            }

            if (possible.Count == 0)
            {
                return;
            }

            var (at, which) = possible[random.Next(possible.Count)];
            var (own, peer) = (ends[at], ends[1 - at]);
            if (!stands[which])
            {
                stands[which] = true;
                Note(at, which, "stands");
                if (own.HasOpen(1 - which))
                {
                    (own.IsOpened[which], own.IsClosed[which]) = (true, true);
                }
            }
            else if (!own.IsOpened[which])
            {
                own.IsOpened[which] = true;
                Note(at, which, at == which ? "connected" : "accepts");
                own.Open(which, isOutgoing: at == which);
            }
            else if (peer.Sent[which].TryDequeue(out var message))
            {
                Note(at, which, $"reads type {message[18]}");
                own.Receive(which, message);
            }
            else
            {
                Note(at, which, "reads the end");
                own.IsClosed[which] = true;
                own.End(which);
            }
        }
    }

    public override string ToString() => history.ToString();

    private void Note(int end, int connection, string what) => history.AppendLine($"{(end == 0 ? "left" : "right")} {connection} {what}; left {left.Session}/{left.Established}, right {right.Session}/{right.Established}");
}
