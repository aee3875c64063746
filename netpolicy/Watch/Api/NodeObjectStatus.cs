using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>The state of a <see cref="NodeObject"/>.</summary>
internal sealed class NodeObjectStatus
{
    /// <summary>Its addresses.</summary>
    public List<NodeAddress> Addresses { get => field ??= []; set; }
}
