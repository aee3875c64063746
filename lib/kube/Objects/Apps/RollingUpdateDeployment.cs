namespace Podwire.Kube.Objects;

/// <summary>Limits of a rolling update.</summary>
public sealed class RollingUpdateDeployment : KubeValue
{
    /// <summary>How many may be missing; default 25%, rounded down.</summary>
    public IntOrString? MaxUnavailable { get; set; }

    /// <summary>How many may be too many; default 25%, rounded up.</summary>
    public IntOrString? MaxSurge { get; set; }
}
