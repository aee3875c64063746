namespace Podwire.Kube.Objects;

/// <summary>What was last seen of a service.</summary>
public sealed class ServiceStatus : KubeValue
{
    /// <summary>The balancer.</summary>
    public LoadBalancerStatus? LoadBalancer { get; set; }

    /// <summary>Its conditions.</summary>
    public List<Condition> Conditions { get => field ??= []; set; }
}
