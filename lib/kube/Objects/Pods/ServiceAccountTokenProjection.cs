namespace Podwire.Kube.Objects;

/// <summary>A service account's token in a projected volume.</summary>
public sealed class ServiceAccountTokenProjection : KubeValue
{
    /// <summary>Whom the token is for.</summary>
    public string? Audience { get; set; }

    /// <summary>Seconds it is valid; default 3600.</summary>
    public long? ExpirationSeconds { get; set; }

    /// <summary>Relative path of the file.</summary>
    public string Path { get; set; } = "";
}
