namespace Podwire.Kube.Objects;

/// <summary>What a container needs and may use.</summary>
public sealed class ResourceRequirements : KubeValue
{
    /// <summary>What the scheduler sets aside.</summary>
    public Dictionary<string, Quantity> Requests { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>What it may use at most.</summary>
    public Dictionary<string, Quantity> Limits { get => field ??= new(StringComparer.Ordinal); set; }
}
