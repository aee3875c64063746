namespace Podwire.Kube.Objects;

/// <summary>Names an object of any kind.</summary>
public sealed class ObjectReference : KubeValue
{
    /// <summary>Group and version.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>The kind.</summary>
    public string? Kind { get; set; }

    /// <summary>The namespace.</summary>
    public string? Namespace { get; set; }

    /// <summary>The name.</summary>
    public string? Name { get; set; }

    /// <summary>The identity.</summary>
    public string? Uid { get; set; }

    /// <summary>The version.</summary>
    public string? ResourceVersion { get; set; }

    /// <summary>A part of it, such as <c>spec.containers{web}</c>.</summary>
    public string? FieldPath { get; set; }
}
