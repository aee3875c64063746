namespace Podwire.Kube.Objects;

/// <summary>A field of the pod itself.</summary>
public sealed class ObjectFieldSelector : KubeValue
{
    /// <summary>Version the path is written in; default <c>v1</c>.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>Such as <c>status.podIP</c> or <c>metadata.labels['app']</c>.</summary>
    public string FieldPath { get; set; } = "";
}
