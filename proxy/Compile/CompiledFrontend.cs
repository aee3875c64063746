using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>One frontend of a Service, compiled.</summary>
internal sealed class CompiledFrontend
{
    /// <summary>Where it is.</summary>
    public required FrontendKey Key { get; init; }

    /// <summary><c>namespace/name:port</c>, the comment of its elements.</summary>
    public required string Comment { get; init; }

    /// <summary>What happens there.</summary>
    public required FrontendVerdict Verdict { get; init; }

    /// <summary>The shared chain that it goes to, if it goes to one.</summary>
    public SharedChain? Shared { get; init; }

    /// <summary>The name of the chain of its own that it goes to; null if it goes to a shared one, or nowhere.</summary>
    public string? OwnChain { get; init; }

    /// <summary>The name of the chain that it goes to; null unless <see cref="FrontendVerdict.Forward"/>.</summary>
    public string? Chain => OwnChain ?? Shared?.Name;

    /// <summary>The cluster-wide endpoints in their slots; empty where the chain is the Service's own.</summary>
    public EndpointAddress[] Slots { get; init; } = [];

    /// <summary>The endpoints of this node in their slots, from <see cref="SharedChain.FirstLocalSlot"/> on.</summary>
    public EndpointAddress[] LocalSlots { get; init; } = [];

    /// <summary>The chains of its own that it goes to, if the port has ClientIP affinity.</summary>
    public CompiledAffinity? Affinity { get; init; }

    /// <summary>The chain that checks source ranges before anything else happens, or null.</summary>
    public string? FirewallChain { get; init; }

    /// <summary>Every endpoint that a connection to it may be at.</summary>
    public bool LeadsTo(EndpointAddress endpoint) => Affinity is null
        ? Slots.Contains(endpoint) || LocalSlots.Contains(endpoint)
        : Affinity.Cluster.Any(candidate => candidate.Target == endpoint) || Affinity.Local.Any(candidate => candidate.Target == endpoint);
}
