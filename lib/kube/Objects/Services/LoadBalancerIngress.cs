namespace Podwire.Kube.Objects;

/// <summary>A place where a balancer takes traffic.</summary>
public sealed class LoadBalancerIngress : KubeValue
{
    /// <summary>Its address.</summary>
    public string? Ip { get; set; }

    /// <summary>Its name.</summary>
    public string? Hostname { get; set; }

    /// <summary><c>VIP</c> (default): nodes answer for it themselves; <c>Proxy</c>: they send to it.</summary>
    public string? IPMode { get; set; }

    /// <summary>Ports and their faults.</summary>
    public List<PortStatus> Ports { get => field ??= []; set; }
}
