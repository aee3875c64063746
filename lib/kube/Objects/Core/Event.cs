using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>Something that happened to an object, told for people (core/v1, not events.k8s.io).</summary>
public sealed class Event : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Event";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What it happened to.</summary>
    public ObjectReference InvolvedObject { get; set; } = new();

    /// <summary>One CamelCase word.</summary>
    public string? Reason { get; set; }

    /// <summary>One sentence.</summary>
    public string? Message { get; set; }

    /// <summary>Who tells it.</summary>
    public EventSource? Source { get; set; }

    /// <summary>When it happened first.</summary>
    public DateTimeOffset? FirstTimestamp { get; set; }

    /// <summary>When it happened last.</summary>
    public DateTimeOffset? LastTimestamp { get; set; }

    /// <summary>How often.</summary>
    public int? Count { get; set; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; set; }

    /// <summary>When it happened, in the newer API.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; set; }

    /// <summary>What was done, in the newer API.</summary>
    public string? Action { get; set; }

    /// <summary>A second object.</summary>
    public ObjectReference? Related { get; set; }

    /// <summary>Who tells it, in the newer API.</summary>
    public string? ReportingComponent { get; set; }

    /// <summary>Which instance of it, in the newer API.</summary>
    public string? ReportingInstance { get; set; }
}
