namespace Podwire.Kube.Objects;

/// <summary>A port of a service.</summary>
public sealed class ServicePort : KubeValue
{
    /// <summary>Needed if there are several.</summary>
    public string? Name { get; set; }

    /// <summary><c>TCP</c> (default), <c>UDP</c> or <c>SCTP</c>.</summary>
    public string? Protocol { get; set; }

    /// <summary>What is spoken on it.</summary>
    public string? AppProtocol { get; set; }

    /// <summary>The service's port.</summary>
    public int Port { get; set; }

    /// <summary>The pods' port by number or name; default <see cref="Port"/>.</summary>
    public IntOrString? TargetPort { get; set; }

    /// <summary>The nodes' port.</summary>
    public int? NodePort { get; set; }
}
