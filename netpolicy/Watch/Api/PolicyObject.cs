using System.Text.Json;
using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A NetworkPolicy or a ClusterNetworkPolicy. Its spec is read later, so that one that cannot be read isolates its pods instead of stopping the watch.</summary>
internal sealed class PolicyObject : IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "";

    /// <inheritdoc/>
    public string Kind { get; set; } = "";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>The spec as it came.</summary>
    public JsonElement Spec { get; set; }
}
