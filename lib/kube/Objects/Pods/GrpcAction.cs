namespace Podwire.Kube.Objects;

/// <summary>A call of the gRPC health service.</summary>
public sealed class GrpcAction : KubeValue
{
    /// <summary>The port.</summary>
    public int Port { get; set; }

    /// <summary>The service to ask for.</summary>
    public string? Service { get; set; }
}
