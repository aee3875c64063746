namespace Podwire.Kube.Objects;

/// <summary>Addresses that share ports.</summary>
public sealed class EndpointSubset : KubeValue
{
    /// <summary>Addresses that are ready.</summary>
    public List<EndpointAddress> Addresses { get => field ??= []; set; }

    /// <summary>Addresses that are not.</summary>
    public List<EndpointAddress> NotReadyAddresses { get => field ??= []; set; }

    /// <summary>The ports of all of them.</summary>
    public List<EndpointPort> Ports { get => field ??= []; set; }
}
