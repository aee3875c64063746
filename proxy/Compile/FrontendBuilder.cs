using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>Decides what happens at a frontend of one port.</summary>
internal sealed class FrontendBuilder(PortPlan plan, Func<FrontendKey, (EndpointAddress[] Slots, EndpointAddress[] LocalSlots)> slotsBefore)
{
    private readonly EndpointAddress[] cluster = Targets(plan.Selection.Cluster);
    private readonly EndpointAddress[] local = Targets(plan.Selection.Local);

    /// <summary>The frontend.</summary>
    public CompiledFrontend Build(FrontendKey key, FrontendKind kind, string? firewall)
    {
        var inside = kind == FrontendKind.ClusterIp;
        var onlyLocal = inside ? plan.Service.InternalLocal : plan.Service.ExternalLocal;
        if (!inside && onlyLocal && cluster.Length > 0)
        {
            return ExternalLocal(key, firewall);
        }

        var endpoints = onlyLocal ? local : cluster;
        if (endpoints.Length == 0)
        {
            return new()
            {
                Key = key,
                Comment = plan.Comment,
                Verdict = plan.Selection.HasAny ? FrontendVerdict.Drop : FrontendVerdict.Reject,
                FirewallChain = firewall,
            };
        }

        if (plan.Affinity is { } affinity)
        {
            return Own(key, firewall, inside ? affinity.ClusterChain : affinity.ExternalChain);
        }

        var shared = new SharedChain(inside ? ChainKind.Cluster : ChainKind.External, key.IsNodePort, endpoints.Length);
        return Shared(key, firewall, shared, SlotAssignment.Assign(slotsBefore(key).Slots, endpoints), []);
    }

    private static EndpointAddress[] Targets(IReadOnlyList<PortEndpoint> endpoints)
    {
        var targets = new EndpointAddress[endpoints.Count];
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = endpoints[i].Target;
        }

        return targets;
    }

    /// <summary>Pods and the node itself have every endpoint, the outside those of this node, or is dropped.</summary>
    private CompiledFrontend ExternalLocal(FrontendKey key, string? firewall)
    {
        if (plan.Affinity is { } affinity)
        {
            return Own(key, firewall, affinity.ExternalChain);
        }

        var before = slotsBefore(key);
        return Shared(
            key,
            firewall,
            new(ChainKind.ExternalLocal, key.IsNodePort, cluster.Length, local.Length),
            SlotAssignment.Assign(before.Slots, cluster),
            SlotAssignment.Assign(before.LocalSlots, local));
    }

    private CompiledFrontend Own(FrontendKey key, string? firewall, string chain) => new()
    {
        Key = key,
        Comment = plan.Comment,
        Verdict = FrontendVerdict.Forward,
        OwnChain = chain,
        Affinity = plan.Affinity,
        FirewallChain = firewall,
    };

    private CompiledFrontend Shared(FrontendKey key, string? firewall, SharedChain chain, EndpointAddress[] slots, EndpointAddress[] localSlots) => new()
    {
        Key = key,
        Comment = plan.Comment,
        Verdict = FrontendVerdict.Forward,
        Shared = chain,
        Slots = slots,
        LocalSlots = localSlots,
        FirewallChain = firewall,
    };
}
