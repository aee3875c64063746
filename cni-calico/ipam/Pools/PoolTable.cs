using Podwire.CniCalico.Ipam.Api;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam.Pools;

/// <summary>All pools that make sense, and why the others do not. Of two that overlap the older one, or the first by name, counts.</summary>
public sealed class PoolTable
{
    private PoolTable(IReadOnlyList<AddressPool> pools, IReadOnlyDictionary<string, string> problems) => (Pools, Problems) = (pools, problems);

    /// <summary>No pool.</summary>
    public static PoolTable Empty { get; } = new([], new Dictionary<string, string>());

    /// <summary>The pools by name.</summary>
    public IReadOnlyList<AddressPool> Pools { get; }

    /// <summary>What is wrong with the others, by name.</summary>
    public IReadOnlyDictionary<string, string> Problems { get; }

    /// <summary>Reads all objects.</summary>
    public static PoolTable Read(IEnumerable<IpPool> objects)
    {
        var pools = new List<AddressPool>();
        var problems = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in objects.OrderBy(static pool => pool.Metadata.CreationTimestamp ?? default(DateTimeOffset)).ThenBy(static pool => pool.Metadata.Name, StringComparer.Ordinal))
        {
            try
            {
                var pool = AddressPool.Read(entry);
                var other = pools.Find(other => other.Cidr.Overlaps(pool.Cidr));
                if (other is null)
                {
                    pools.Add(pool);
                }
                else
                {
                    problems[pool.Name] = $"spec.cidr: {pool.Cidr} overlaps {other.Cidr} of IPPool {other.Name}; change or remove one of them";
                }
            }
            catch (FormatException e)
            {
                problems[entry.Metadata.Name] = e.Message;
            }
        }

        pools.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new PoolTable(pools, problems);
    }

    /// <summary>The pool that an address or network lies in; null if none.</summary>
    public AddressPool? Of(IpPrefix prefix)
    {
        foreach (var pool in Pools)
        {
            if (pool.Cidr.Contains(prefix))
            {
                return pool;
            }
        }

        return null;
    }

    /// <summary>The pools that a pod's address of a family may come from, in the order to try.</summary>
    /// <param name="family">The family.</param>
    /// <param name="nodeLabels">The node's labels.</param>
    /// <param name="namespaceLabels">The labels of the pod's namespace.</param>
    /// <param name="named">Names or networks of pools that were asked for; empty for none.</param>
    /// <exception cref="IpamException">There is none; the message says why.</exception>
    public List<AddressPool> ForWorkload(IpFamily family, IReadOnlyDictionary<string, string> nodeLabels, IReadOnlyDictionary<string, string> namespaceLabels, IReadOnlyList<string> named)
    {
        ArgumentNullException.ThrowIfNull(named);
        if (named.Count > 0)
        {
            return Named(family, nodeLabels, named);
        }

        var chosen = new List<AddressPool>();
        foreach (var pool in Pools)
        {
            if (pool.Cidr.Family == family && !pool.IsDisabled && pool.IsForWorkloads && !pool.IsManual && pool.Nodes.Matches(nodeLabels) && pool.Namespaces.Matches(namespaceLabels))
            {
                chosen.Add(pool);
            }
        }

        return chosen.Count > 0 ? chosen : throw new IpamException(IpamFailure.Invalid, $"no enabled IPPool of IP{family.ToString().ToLowerInvariant()} is for this node and namespace");
    }

    /// <summary>The pools that a node's tunnel device may have its address from.</summary>
    public List<AddressPool> ForTunnel(bool vxlan, IReadOnlyDictionary<string, string> nodeLabels)
    {
        var chosen = new List<AddressPool>();
        foreach (var pool in Pools)
        {
            if (pool.Cidr.Address.IsV4 && !pool.IsDisabled && pool.IsForTunnels && (vxlan ? pool.Vxlan : pool.Ipip) != TunnelMode.Never && pool.Nodes.Matches(nodeLabels))
            {
                chosen.Add(pool);
            }
        }

        return chosen;
    }

    private List<AddressPool> Named(IpFamily family, IReadOnlyDictionary<string, string> nodeLabels, IReadOnlyList<string> named)
    {
        var chosen = new List<AddressPool>();
        foreach (var name in named)
        {
            AddressPool? found = null;
            foreach (var pool in Pools)
            {
                if (pool.Name == name || pool.Cidr.ToString() == name)
                {
                    found = pool;
                }
            }

            if (found is null)
            {
                throw new IpamException(IpamFailure.Invalid, Problems.TryGetValue(name, out var problem) ? $"IPPool {name} cannot be used: {problem}" : $"there is no IPPool {name}");
            }

            if (found.Cidr.Family != family)
            {
                throw new IpamException(IpamFailure.Invalid, $"IPPool {name} ({found.Cidr}) is not of IP{family.ToString().ToLowerInvariant()}");
            }

            if (found.IsDisabled || !found.Nodes.Matches(nodeLabels))
            {
                throw new IpamException(IpamFailure.Invalid, found.IsDisabled ? $"IPPool {name} is disabled" : $"the nodeSelector of IPPool {name} does not select this node");
            }

            chosen.Add(found);
        }

        return chosen;
    }
}
