using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>A pod, as far as policies look at it.</summary>
internal sealed record PodRecord
{
    /// <summary>Namespace and name.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>The identity over time.</summary>
    public string Uid { get; init; } = string.Empty;

    /// <summary>The node it is bound to; empty before.</summary>
    public string Node { get; init; } = string.Empty;

    /// <summary>Its labels.</summary>
    public LabelSet Labels { get; init; } = LabelSet.None;

    /// <summary>Its addresses, at most one per family; none for a pod in the node's network, one that has ended, and one that has none yet.</summary>
    public IpAddress[] Addresses { get; init; } = [];

    /// <summary>The ports that have names.</summary>
    public NamedPort[] NamedPorts { get; init; } = [];

    /// <summary>When it was created: of two pods with one address the younger has it.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>It is in the node's network: no policy selects it, no selector matches it.</summary>
    public bool IsHostNetwork { get; init; }

    /// <summary>It has ended (phase Succeeded or Failed): its address may be another pod's by now.</summary>
    public bool IsEnded { get; init; }

    /// <inheritdoc/>
    public bool Equals(PodRecord? other) => other is not null && Key == other.Key && Uid == other.Uid && Node == other.Node && Labels.Equals(other.Labels)
        && Created == other.Created && IsHostNetwork == other.IsHostNetwork && IsEnded == other.IsEnded
        && Addresses.AsSpan().SequenceEqual(other.Addresses) && NamedPorts.AsSpan().SequenceEqual(other.NamedPorts);

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();
}
