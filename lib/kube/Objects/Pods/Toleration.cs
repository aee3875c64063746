namespace Podwire.Kube.Objects;

/// <summary>A taint that a pod bears.</summary>
public sealed class Toleration : KubeValue
{
    /// <summary>The taint's key; empty with operator Exists is every taint.</summary>
    public string? Key { get; set; }

    /// <summary><c>Equal</c> (default) or <c>Exists</c>.</summary>
    public string? Operator { get; set; }

    /// <summary>The taint's value for Equal.</summary>
    public string? Value { get; set; }

    /// <summary><c>NoSchedule</c>, <c>PreferNoSchedule</c>, <c>NoExecute</c>; empty is every effect.</summary>
    public string? Effect { get; set; }

    /// <summary>How long NoExecute is borne; null is for ever.</summary>
    public long? TolerationSeconds { get; set; }
}
