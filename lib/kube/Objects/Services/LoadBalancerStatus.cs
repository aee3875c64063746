namespace Podwire.Kube.Objects;

/// <summary>What a balancer provides.</summary>
public sealed class LoadBalancerStatus : KubeValue
{
    /// <summary>Where it takes traffic.</summary>
    public List<LoadBalancerIngress> Ingress { get => field ??= []; set; }
}
