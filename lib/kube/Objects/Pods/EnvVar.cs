namespace Podwire.Kube.Objects;

/// <summary>An environment variable.</summary>
public sealed class EnvVar : KubeValue
{
    /// <summary>The variable's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The value; $(VAR) is expanded, $$ is a dollar.</summary>
    public string? Value { get; set; }

    /// <summary>Where the value comes from instead.</summary>
    public EnvVarSource? ValueFrom { get; set; }
}
