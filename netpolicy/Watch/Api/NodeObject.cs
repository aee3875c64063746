using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A Node with its labels and addresses and nothing else: its images alone are many times that.</summary>
internal sealed class NodeObject : IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Node";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>Its state.</summary>
    public NodeObjectStatus? Status { get; set; }
}
