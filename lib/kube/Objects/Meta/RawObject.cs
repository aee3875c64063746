namespace Podwire.Kube.Objects;

/// <summary>An object of any kind: metadata typed, the rest as it came in <see cref="KubeValue.Unknown"/>.</summary>
public sealed class RawObject : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "";

    /// <inheritdoc/>
    public string Kind { get; set; } = "";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();
}
