namespace Podwire.Kube.Objects;

/// <summary>Ports of a node's daemons.</summary>
public sealed class NodeDaemonEndpoints : KubeValue
{
    /// <summary>The kubelet's.</summary>
    public DaemonEndpoint? KubeletEndpoint { get; set; }
}
