using System.Text;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam.Blocks;

/// <summary>
/// The order in which a node looks for a block in a pool: from a place that follows from its name, around once. Nodes that start together so
/// seldom want the same one.
/// </summary>
internal sealed class BlockSearch(AddressPool pool, string node)
{
    private readonly UInt128 count = UInt128.One << (pool.BlockLength - pool.Cidr.Length);
    private readonly UInt128 first = Hash(node) % (UInt128.One << (pool.BlockLength - pool.Cidr.Length));
    private UInt128 step;

    /// <summary>The next block that is not among the taken ones; null when all were seen.</summary>
    public IpPrefix? Next(HashSet<IpPrefix> taken)
    {
        while (step < count)
        {
            var number = (first + step++) % count;
            var address = pool.Cidr.First.Value + (number << (pool.Cidr.Address.Bits - pool.BlockLength));
            var cidr = new IpPrefix(IpAddress.FromValue(pool.Cidr.Family, address), pool.BlockLength);
            if (!taken.Contains(cidr))
            {
                return cidr;
            }
        }

        return null;
    }

    /// <summary>FNV-1a, 64 bits, and once more over itself, so that names that differ in their last digit are far apart.</summary>
    private static UInt128 Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ octet) * 1099511628211UL;
        }

        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        return hash ^ (hash >> 29);
    }
}
