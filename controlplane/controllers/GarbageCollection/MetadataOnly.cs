using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>Any object with nothing but its metadata read, so that following every resource costs little memory.</summary>
internal sealed class MetadataOnly : IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = string.Empty;

    /// <inheritdoc/>
    public string Kind { get; set; } = string.Empty;

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();
}
