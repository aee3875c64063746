namespace Podwire.Kube.Objects;

/// <summary>An address of a pod.</summary>
public sealed class PodIP : KubeValue
{
    /// <summary>The address.</summary>
    public string Ip { get; set; } = "";
}
