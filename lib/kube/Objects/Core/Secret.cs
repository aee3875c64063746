namespace Podwire.Kube.Objects;

/// <summary>Confidential settings.</summary>
public sealed class Secret : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Secret";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What it is for, such as <c>Opaque</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Entries in base64.</summary>
    public Dictionary<string, string> Data { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Text entries, for writing only.</summary>
    public Dictionary<string, string> StringData { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>True: cannot be changed any more.</summary>
    public bool? Immutable { get; set; }
}
