using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>A port a container listens on.</summary>
public sealed class ContainerPort : KubeValue
{
    /// <summary>Name for probes and services.</summary>
    public string? Name { get; set; }

    /// <summary>Port in the pod, 1 to 65535.</summary>
    [JsonPropertyName("containerPort")]
    public int ContainerPortNumber { get; set; }

    /// <summary>Port on the node, if wanted.</summary>
    public int? HostPort { get; set; }

    /// <summary>Address on the node for <see cref="HostPort"/>.</summary>
    public string? HostIP { get; set; }

    /// <summary><c>TCP</c> (default), <c>UDP</c> or <c>SCTP</c>.</summary>
    public string? Protocol { get; set; }
}
