using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>
/// The attributes of a path, immutable: what the decision process and policies ask for in fields, and the whole in its canonical bytes
/// (AS numbers of four octets, without next hop and MP attributes). Two of the same bytes, next hop and metric are the same attributes.
/// </summary>
public sealed class PathAttributes
{
    /// <summary>LOCAL_PREF where a path has none (RFC 4271 section 9.1.1 leaves it to the operator; all implementations take 100).</summary>
    public const uint DefaultLocalPref = 100;

    internal PathAttributes(byte[] raw, IpAddress nextHop, uint metric = 0)
    {
        (Raw, NextHop, Metric) = (raw, nextHop, metric);
        var attributes = new AttributeEnumerator(raw);
        while (attributes.MoveNext())
        {
            var value = attributes.Value;
            switch (attributes.Type)
            {
                case AttributeType.Origin:
                    Origin = value[0];
                    break;
                case AttributeType.AsPath:
                    AsPath = value.ToArray();
                    break;
                case AttributeType.MultiExitDisc:
                    Med = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case AttributeType.LocalPref:
                    LocalPref = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case AttributeType.OriginatorId:
                    OriginatorId = BinaryPrimitives.ReadUInt32BigEndian(value);
                    break;
                case AttributeType.ClusterList:
                    ClusterList = Words(value);
                    break;
                case AttributeType.Communities:
                    Communities = Words(value);
                    break;
                case AttributeType.LargeCommunities:
                    LargeCommunities = LargeCommunity.Read(value);
                    break;
            }
        }

        (AsPathLength, FirstAs, LastAs) = Measure(AsPath);
    }

    /// <summary>NO_EXPORT (RFC 1997).</summary>
    public const uint NoExport = 0xFFFFFF01;

    /// <summary>NO_ADVERTISE (RFC 1997).</summary>
    public const uint NoAdvertise = 0xFFFFFF02;

    /// <summary>The canonical bytes.</summary>
    public byte[] Raw { get; }

    /// <summary>The next hop; none for a route of this speaker's own.</summary>
    public IpAddress NextHop { get; }

    /// <summary>0 IGP, 1 EGP, 2 incomplete.</summary>
    public byte Origin { get; }

    /// <summary>The segments as on the wire, AS numbers of four octets.</summary>
    public byte[] AsPath { get; } = [];

    /// <summary>Hops for comparison: a set counts as one (RFC 4271 section 9.1.2.2 a), confederation segments as none (RFC 5065).</summary>
    public int AsPathLength { get; }

    /// <summary>The neighbouring AS, 0 for an empty path.</summary>
    public uint FirstAs { get; }

    /// <summary>The AS that originated the route, 0 for an empty path.</summary>
    public uint LastAs { get; }

    /// <summary>MULTI_EXIT_DISC.</summary>
    public uint? Med { get; }

    /// <summary>LOCAL_PREF.</summary>
    public uint? LocalPref { get; }

    /// <summary>ORIGINATOR_ID.</summary>
    public uint? OriginatorId { get; }

    /// <summary>CLUSTER_LIST, nearest first.</summary>
    public uint[] ClusterList { get; } = [];

    /// <summary>COMMUNITIES.</summary>
    public uint[] Communities { get; } = [];

    /// <summary>LARGE_COMMUNITY.</summary>
    public LargeCommunity[] LargeCommunities { get; } = [];

    /// <summary>The metric that an import policy gave the route for this machine's kernel; 0 for none. It is on no wire.</summary>
    public uint Metric { get; }

    /// <summary>Where the attributes stand in the table that interns them.</summary>
    internal int Id { get; set; } = -1;

    /// <summary>How many paths have them.</summary>
    internal int References { get; set; }

    /// <summary>How often an AS stands in the path.</summary>
    public int Count(uint asn)
    {
        var count = 0;
        foreach (var number in AsNumbers())
        {
            count += number == asn ? 1 : 0;
        }

        return count;
    }

    /// <summary>All AS numbers of the path, in order, sets flattened.</summary>
    public IEnumerable<uint> AsNumbers()
    {
        for (var at = 0; at < AsPath.Length;)
        {
            int numbers = AsPath[at + 1];
            for (var i = 0; i < numbers; i++)
            {
                yield return BinaryPrimitives.ReadUInt32BigEndian(AsPath.AsSpan(at + 2 + (4 * i)));
            }

            at += 2 + (4 * numbers);
        }
    }

    private static (int Length, uint First, uint Last) Measure(ReadOnlySpan<byte> path)
    {
        var (length, first, last) = (0, 0u, 0u);
        while (path.Length >= 2)
        {
            var numbers = path[1];
            length += path[0] switch { AsPathSegment.Sequence => numbers, AsPathSegment.Set => 1, _ => 0 };
            if (numbers > 0 && path[0] is AsPathSegment.Sequence or AsPathSegment.Set)
            {
                first = first == 0 && path[0] == AsPathSegment.Sequence ? BinaryPrimitives.ReadUInt32BigEndian(path[2..]) : first;
                last = BinaryPrimitives.ReadUInt32BigEndian(path[(2 + (4 * (numbers - 1)))..]);
            }

            path = path[(2 + (4 * numbers))..];
        }

        return (length, first, last);
    }

    private static uint[] Words(ReadOnlySpan<byte> value)
    {
        var words = new uint[value.Length / 4];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(value[(4 * i)..]);
        }

        return words;
    }
}
