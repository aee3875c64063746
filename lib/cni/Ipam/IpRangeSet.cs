using Podwire.Primitives;

namespace Podwire.Cni.Ipam;

/// <summary>Ranges of one family, of which each attachment gets one address.</summary>
public sealed class IpRangeSet
{
    private readonly IpRange[] ranges;

    /// <summary>Checks that the ranges are of one family and disjoint.</summary>
    /// <exception cref="CniException">Code 7.</exception>
    public IpRangeSet(IReadOnlyList<IpRange> ranges)
    {
        if (ranges.Count == 0)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, "ipam: a range set is empty");
        }

        for (var i = 0; i < ranges.Count; i++)
        {
            if (ranges[i].Subnet.Family != ranges[0].Subnet.Family)
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, "ipam: a range set mixes IPv4 and IPv6");
            }

            for (var j = 0; j < i; j++)
            {
                if (ranges[i].Overlaps(ranges[j]))
                {
                    throw new CniException(CniErrorCode.InvalidNetworkConfig, $"ipam: ranges {ranges[j]} and {ranges[i]} overlap");
                }
            }
        }

        this.ranges = [.. ranges];
    }

    /// <summary>The ranges.</summary>
    public IReadOnlyList<IpRange> Ranges => ranges;

    /// <summary>The family of all of them.</summary>
    public IpFamily Family => ranges[0].Subnet.Family;

    /// <summary>The range that has the address; null if none does.</summary>
    public IpRange? RangeOf(IpAddress address) => Array.Find(ranges, r => r.Contains(address));

    /// <summary>True if the two sets share an address.</summary>
    public bool Overlaps(IpRangeSet other) => Array.Exists(ranges, r => Array.Exists(other.ranges, r.Overlaps));

    /// <summary>
    /// Every address but the gateways, once round: from the one behind <paramref name="last"/> to <paramref name="last"/> itself, or from
    /// the first if <paramref name="last"/> is in no range.
    /// </summary>
    public IEnumerable<(IpAddress Address, IpRange Range)> After(IpAddress last)
    {
        var index = last.IsNone ? -1 : Array.FindIndex(ranges, r => r.Contains(last));
        var (at, first) = index >= 0 ? Step(index, last) : (0, ranges[0].Start);
        var current = first;
        var start = at;
        do
        {
            if (current != ranges[at].Gateway)
            {
                yield return (current, ranges[at]);
            }

            (at, current) = Step(at, current);
        }
        while (current != first || at != start);
    }

    /// <summary>The ranges, joined with commas.</summary>
    public override string ToString() => string.Join(',', ranges.Select(r => r.ToString()));

    private (int Index, IpAddress Address) Step(int index, IpAddress address)
    {
        if (address != ranges[index].End)
        {
            return (index, address.Add(1));
        }

        var next = (index + 1) % ranges.Length;
        return (next, ranges[next].Start);
    }
}
