using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>Something with addresses that peers can select: a pod, a node or a domain name.</summary>
internal sealed class Entity(string? name)
{
    /// <summary>For people.</summary>
    public string Name => name ?? Pod?.Key.ToString() ?? string.Empty;

    /// <summary>The pod; null for others.</summary>
    public PodRecord? Pod { get; set; }

    /// <summary>The labels of a node; null for others.</summary>
    public LabelSet? NodeLabels { get; set; }

    /// <summary>Its addresses.</summary>
    public IpAddress[] Addresses { get; set; } = [];

    /// <summary>In which families it counts as a pod of this node.</summary>
    public (bool V4, bool V6) Local { get; set; }

    /// <summary>The groups it is in, in no order.</summary>
    public PeerGroup[] Groups { get; set; } = [];

    /// <summary>The class of what comes in; null if that is not policed, or the pod is not on this node.</summary>
    public PolicyClass? Ingress { get; set; }

    /// <summary>The class of what goes out.</summary>
    public PolicyClass? Egress { get; set; }

    /// <summary>The class of a direction.</summary>
    public PolicyClass? Class(bool ingress) => ingress ? Ingress : Egress;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
