namespace Podwire.Kube.Objects;

/// <summary>How long session affinity holds.</summary>
public sealed class SessionAffinityConfig : KubeValue
{
    /// <summary>For ClientIP.</summary>
    public ClientIPConfig? ClientIP { get; set; }
}
