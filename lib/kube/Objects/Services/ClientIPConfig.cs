namespace Podwire.Kube.Objects;

/// <summary>Session affinity by client address.</summary>
public sealed class ClientIPConfig : KubeValue
{
    /// <summary>Seconds it holds; default 10800, at most 86400.</summary>
    public int? TimeoutSeconds { get; set; }
}
