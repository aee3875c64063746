using System.Diagnostics;
using System.Runtime.CompilerServices;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.BgpBench;

/// <summary>
/// What every client has been told of every prefix, and what it is to be told: 0 for nothing, else the MED. Each delivery is held against it with
/// its next hop, originator and cluster list, and one that is late, doubled or wrong is counted as such.
/// </summary>
internal sealed class Ledger
{
    private readonly RoutePlan plan;
    private readonly byte[][] told;
    private readonly byte[] goal;
    private readonly UpdateReader reader = new();

    public Ledger(RoutePlan plan)
    {
        this.plan = plan;
        told = [.. Enumerable.Range(0, plan.Clients).Select(_ => new byte[plan.Prefixes])];
        goal = new byte[plan.Prefixes];
    }

    /// <summary>How many prefixes of clients are not as they shall be.</summary>
    public long Missing { get; private set; }

    /// <summary>When the last became so, by <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long Reached { get; private set; }

    /// <summary>UPDATEs with anything in them.</summary>
    public long Updates { get; private set; }

    /// <summary>Told again what was told already, or a withdrawal of what was never told.</summary>
    public long Doubled { get; private set; }

    /// <summary>A client's own prefixes sent back to it, which RFC 4456 leaves open.</summary>
    public long Returned { get; private set; }

    /// <summary>Prefixes of nobody, of another's next hop or originator, without the reflector's cluster, or with a MED that nobody announces.</summary>
    public long Wrong { get; private set; }

    /// <summary>Sets what all are to be told of some prefixes, and counts anew.</summary>
    public void Expect(int first, int count, byte med)
    {
        goal.AsSpan(first, count).Fill(med);
        (Missing, Updates, Doubled, Returned, Wrong) = (0, 0, 0, 0, 0);
        for (var client = 0; client < plan.Clients; client++)
        {
            for (var prefix = 0; prefix < goal.Length; prefix++)
            {
                Missing += OwnerOf(prefix) != client && told[client][prefix] != goal[prefix] ? 1 : 0;
            }
        }
    }

    /// <summary>Takes an UPDATE that a client got (its body).</summary>
    public void Take(int client, ReadOnlySpan<byte> body)
    {
        reader.Read(body, hasFourOctetAs: true, isInternal: true);
        if (reader.IsEmpty)
        {
            return;
        }

        var before = Missing;
        Updates++;
        TakeAll(client, body[reader.Withdrawn], 0, -1);
        if (reader.UnreachFamily == IpFamily.V4)
        {
            TakeAll(client, body[reader.Unreach], 0, -1);
        }

        var hasReach = reader.ReachFamily == IpFamily.V4;
        if (hasReach || !reader.Nlri.Start.Equals(reader.Nlri.End))
        {
            var (med, owner) = Judge(hasReach ? reader.ReachNextHop : reader.NextHop);
            TakeAll(client, body[reader.Nlri], med, owner);
            if (hasReach)
            {
                TakeAll(client, body[reader.Reach], med, owner);
            }
        }

        if (Missing == 0 && before != 0)
        {
            Reached = Stopwatch.GetTimestamp();
        }
    }

    private int OwnerOf(int prefix) => prefix / plan.Each;

    /// <summary>The MED, and the client that everything else says the routes are of; 255 and -2 if the attributes do not agree.</summary>
    private (byte Med, int Owner) Judge(IpAddress nextHop)
    {
        var owner = (int)((uint)nextHop.Value - RoutePlan.AddressOf(0));
        var (med, originator, cluster) = (0u, 0u, 0u);
        var attributes = new AttributeEnumerator(reader.Attributes);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case AttributeType.MultiExitDisc:
                    med = Word(attributes.Value);
                    break;
                case AttributeType.OriginatorId:
                    originator = Word(attributes.Value);
                    break;
                case AttributeType.ClusterList when attributes.Value.Length == 4:
                    cluster = Word(attributes.Value);
                    break;
            }
        }

        var agrees = reader.Withdraws is null && med is > 0 and < 255 && originator == RoutePlan.AddressOf(owner) && cluster == RoutePlan.ReflectorId;
        return agrees ? ((byte)med, owner) : ((byte)255, -2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeAll(int client, ReadOnlySpan<byte> prefixes, byte med, int owner)
    {
        var mine = told[client];
        var routes = new NlriReader(prefixes, IpFamily.V4, hasPathIds: false);
        while (routes.MoveNext())
        {
            var prefix = plan.NumberOf(routes.Prefix);
            if (prefix < 0 || (med != 0 && owner != OwnerOf(prefix)))
            {
                Wrong++;
            }
            else if (OwnerOf(prefix) == client)
            {
                // What stands in the ledger of its own is what it was sent back.
                (Returned, Doubled) = (Returned + (med != 0 || mine[prefix] != 0 ? 1 : 0), Doubled + (med == 0 && mine[prefix] == 0 ? 1 : 0));
                mine[prefix] = med;
            }
            else
            {
                var (wanted, before) = (goal[prefix], mine[prefix]);
                mine[prefix] = med;
                Doubled += before == med ? 1 : 0;
                Wrong += med != wanted && before != med ? 1 : 0;
                Missing += (med == wanted ? 0 : 1) - (before == wanted ? 0 : 1);
            }
        }
    }

    private static uint Word(ReadOnlySpan<byte> value) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(value);
}
