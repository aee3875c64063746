using Podwire.Primitives;

namespace Podwire.Proxy.Compile;

/// <summary>All that one Service contributes to the table of one family.</summary>
internal sealed class CompiledService
{
    /// <summary>A Service that contributes nothing.</summary>
    public static CompiledService None { get; } = new();

    /// <summary>Its cluster IP, or none.</summary>
    public IpAddress ClusterIp { get; init; }

    /// <summary>Its frontends, sorted by key.</summary>
    public CompiledFrontend[] Frontends { get; init; } = [];

    /// <summary>Some port is under internalTrafficPolicy Local and has endpoints, but none on this node.</summary>
    public bool HasNoLocalInternal { get; init; }

    /// <summary>The same under externalTrafficPolicy Local.</summary>
    public bool HasNoLocalExternal { get; init; }

    /// <summary>Its ports with affinity.</summary>
    public CompiledAffinity[] Affinities { get; init; } = [];

    /// <summary>Addresses of its endpoints on this node: what they send to themselves through the Service is masqueraded. Sorted, distinct.</summary>
    public IpAddress[] Hairpins { get; init; } = [];

    /// <summary>The chain that checks source ranges, or null.</summary>
    public string? FirewallChain { get; init; }

    /// <summary>What that chain lets through.</summary>
    public IpPrefix[] FirewallRanges { get; init; } = [];

    /// <summary>The frontend at a key, or null.</summary>
    public CompiledFrontend? Find(FrontendKey key)
    {
        foreach (var frontend in Frontends)
        {
            if (frontend.Key == key)
            {
                return frontend;
            }
        }

        return null;
    }
}
