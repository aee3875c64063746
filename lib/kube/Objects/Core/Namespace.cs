namespace Podwire.Kube.Objects;

/// <summary>A scope for names.</summary>
public sealed class Namespace : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Namespace";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public NamespaceSpec? Spec { get; set; }

    /// <summary>What was last seen.</summary>
    public NamespaceStatus? Status { get; set; }
}
