using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A peer of a <see cref="NetworkPolicyRule"/>.</summary>
internal sealed class NetworkPolicyPeer
{
    /// <summary>Pods.</summary>
    public LabelSelector? PodSelector { get; set; }

    /// <summary>Namespaces.</summary>
    public LabelSelector? NamespaceSelector { get; set; }

    /// <summary>Addresses.</summary>
    public NetworkPolicyBlock? IpBlock { get; set; }
}
