namespace Podwire.Kube.Objects;

/// <summary>An address of a node.</summary>
public sealed class HostIP : KubeValue
{
    /// <summary>The address.</summary>
    public string Ip { get; set; } = "";
}
