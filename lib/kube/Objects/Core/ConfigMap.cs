namespace Podwire.Kube.Objects;

/// <summary>Settings as names and values.</summary>
public sealed class ConfigMap : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "ConfigMap";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>Text entries.</summary>
    public Dictionary<string, string> Data { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Other entries in base64.</summary>
    public Dictionary<string, string> BinaryData { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>True: cannot be changed any more.</summary>
    public bool? Immutable { get; set; }
}
