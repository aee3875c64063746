namespace Podwire.Kube.Objects;

/// <summary>Places a pod on a node; posted to the pod's <c>binding</c> subresource.</summary>
public sealed class Binding : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Binding";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>The node.</summary>
    public ObjectReference Target { get; set; } = new();
}
