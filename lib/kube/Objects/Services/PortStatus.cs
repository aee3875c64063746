namespace Podwire.Kube.Objects;

/// <summary>A port of a balancer.</summary>
public sealed class PortStatus : KubeValue
{
    /// <summary>The port.</summary>
    public int Port { get; set; }

    /// <summary>Its protocol.</summary>
    public string Protocol { get; set; } = "";

    /// <summary>What is wrong with it.</summary>
    public string? Error { get; set; }
}
