namespace Podwire.Kube.Objects;

/// <summary>Every entry of a config map or secret as variables.</summary>
public sealed class EnvFromSource : KubeValue
{
    /// <summary>Put before each name.</summary>
    public string? Prefix { get; set; }

    /// <summary>A config map.</summary>
    public EnvSourceReference? ConfigMapRef { get; set; }

    /// <summary>A secret.</summary>
    public EnvSourceReference? SecretRef { get; set; }
}
