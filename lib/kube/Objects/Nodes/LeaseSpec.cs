using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>The lease itself.</summary>
public sealed class LeaseSpec : KubeValue
{
    /// <summary>Who holds it.</summary>
    public string? HolderIdentity { get; set; }

    /// <summary>Seconds after the last renewal at which it is void.</summary>
    public int? LeaseDurationSeconds { get; set; }

    /// <summary>When the holder got it.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; set; }

    /// <summary>When the holder last renewed it.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; set; }

    /// <summary>How often the holder changed.</summary>
    public int? LeaseTransitions { get; set; }
}
