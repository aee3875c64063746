using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>networking.k8s.io/v1 NetworkPolicySpec.</summary>
internal sealed class NetworkPolicySpec
{
    /// <summary>The pods of the namespace that it is about.</summary>
    public LabelSelector? PodSelector { get; set; }

    /// <summary>Ingress, Egress.</summary>
    public List<string> PolicyTypes { get => field ??= []; set; }

    /// <summary>Rules of what comes in.</summary>
    public List<NetworkPolicyRule> Ingress { get => field ??= []; set; }

    /// <summary>Rules of what goes out.</summary>
    public List<NetworkPolicyRule> Egress { get => field ??= []; set; }
}
