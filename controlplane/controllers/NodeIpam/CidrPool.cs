using Podwire.Primitives;

namespace Podwire.Controllers.NodeIpam;

/// <summary>
/// The node networks that one cluster network divides into: /24s of 10.244.0.0/16, say. Networks are taken in a circle,
/// so that one just given back is the last to be given out again.
/// </summary>
internal sealed class CidrPool
{
    private readonly IpPrefix cluster;
    private readonly int nodeMask;
    private readonly bool[] taken;
    private int next;

    /// <summary>A pool over <paramref name="cluster"/> with networks of <paramref name="nodeMask"/> bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The mask is shorter than the cluster's, longer than the family's, or divides it into more than 65,536 networks.</exception>
    public CidrPool(IpPrefix cluster, int nodeMask)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodeMask, cluster.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodeMask, cluster.Address.Bits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodeMask - cluster.Length, 16);
        this.cluster = cluster.Masked;
        this.nodeMask = nodeMask;
        taken = new bool[1 << (nodeMask - cluster.Length)];
    }

    /// <summary>Marks every node network that shares an address with <paramref name="network"/>; one outside the cluster network changes nothing.</summary>
    public void Occupy(IpPrefix network)
    {
        if (network.Family != cluster.Family || !network.Overlaps(cluster))
        {
            return;
        }

        var first = network.Length <= cluster.Length ? 0 : Index(network.First);
        var last = network.Length <= cluster.Length ? taken.Length - 1 : Index(network.Last);
        for (var i = first; i <= last; i++)
        {
            taken[i] = true;
        }

        next = (last + 1) % taken.Length;
    }

    /// <summary>Takes a free network; false if there is none.</summary>
    public bool TryTake(out IpPrefix network)
    {
        for (var tried = 0; tried < taken.Length; tried++)
        {
            var index = (next + tried) % taken.Length;
            if (!taken[index])
            {
                taken[index] = true;
                next = (index + 1) % taken.Length;
                network = new IpPrefix(cluster.First.Add((Int128)((UInt128)index << Shift)), nodeMask);
                return true;
            }
        }

        network = default;
        return false;
    }

    private int Shift => cluster.Address.Bits - nodeMask;

    private int Index(IpAddress address) => (int)((address.Value - cluster.First.Value) >> Shift);
}
