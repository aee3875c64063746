using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A Pod with the fields that policies look at and no others: there are more pods than anything else.</summary>
internal sealed class PodObject : IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Pod";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What was asked for.</summary>
    public PodObjectSpec? Spec { get; set; }

    /// <summary>What there is.</summary>
    public PodObjectStatus? Status { get; set; }
}
