using Podwire.Primitives;

namespace Podwire.Proxy.Compile;

/// <summary>What of a table belongs to no single Service: it is there as long as some Service needs it.</summary>
internal sealed class SharedObjects
{
    /// <summary>Shared chains.</summary>
    public RefCounts<SharedChain> Chains { get; } = new();

    /// <summary>Addresses of local endpoints.</summary>
    public RefCounts<IpAddress> Hairpins { get; } = new();

    /// <summary>Cluster IPs (one Service each, but what the API server should have kept apart must not break the table).</summary>
    public RefCounts<IpAddress> ClusterIps { get; } = new();

    /// <summary>Every chain that a service needs, with those that they go on to.</summary>
    public static IEnumerable<SharedChain> ChainsOf(CompiledService service)
    {
        foreach (var frontend in service.Frontends)
        {
            for (var chain = frontend.Shared; chain is { } needed; chain = needed.Next)
            {
                yield return needed;
            }
        }
    }

    /// <summary>Counts one version of a Service in place of another.</summary>
    public void Replace(CompiledService before, CompiledService after)
    {
        // In this order, so that nothing that both need passes through zero.
        foreach (var chain in ChainsOf(after))
        {
            Chains.Add(chain);
        }

        foreach (var chain in ChainsOf(before))
        {
            Chains.Remove(chain);
        }

        Replace(Hairpins, before.Hairpins, after.Hairpins);
        Replace(ClusterIps, ClusterIpOf(before), ClusterIpOf(after));
    }

    /// <summary>The cluster IP if something listens there.</summary>
    public static ReadOnlySpan<IpAddress> ClusterIpOf(CompiledService service) => service.ClusterIp.IsNone || service.Frontends.Length == 0 ? [] : new[] { service.ClusterIp };

    private static void Replace(RefCounts<IpAddress> counts, ReadOnlySpan<IpAddress> before, ReadOnlySpan<IpAddress> after)
    {
        foreach (var address in after)
        {
            counts.Add(address);
        }

        foreach (var address in before)
        {
            counts.Remove(address);
        }
    }
}
