namespace Podwire.Kube.Objects;

/// <summary>A port of endpoints.</summary>
public sealed class EndpointPort : KubeValue
{
    /// <summary>The service port's name; null or empty for a single unnamed one.</summary>
    public string? Name { get; set; }

    /// <summary><c>TCP</c> (default), <c>UDP</c> or <c>SCTP</c>.</summary>
    public string? Protocol { get; set; }

    /// <summary>The port; null means every port.</summary>
    public int? Port { get; set; }

    /// <summary>What is spoken on it.</summary>
    public string? AppProtocol { get; set; }
}
