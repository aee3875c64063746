namespace Podwire.Kube.Objects;

/// <summary>A TCP connection to the container.</summary>
public sealed class TcpSocketAction : KubeValue
{
    /// <summary>Number or name of the port.</summary>
    public IntOrString Port { get; set; }

    /// <summary>Default the pod's address.</summary>
    public string? Host { get; set; }
}
