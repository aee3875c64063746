namespace Podwire.Kube.Objects;

/// <summary>How changes are rolled out.</summary>
public sealed class DeploymentStrategy : KubeValue
{
    /// <summary><c>RollingUpdate</c> (default) or <c>Recreate</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Limits of a rolling update.</summary>
    public RollingUpdateDeployment? RollingUpdate { get; set; }
}
