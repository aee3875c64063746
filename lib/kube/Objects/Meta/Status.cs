using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>The server's answer where there is no object to give: every failure, and some deletions (metav1.Status).</summary>
public sealed class Status : KubeValue
{
    /// <summary><c>v1</c>.</summary>
    public string ApiVersion { get; set; } = "v1";

    /// <summary><c>Status</c>.</summary>
    public string Kind { get; set; } = "Status";

    /// <summary>List metadata, mostly empty.</summary>
    public ListMeta? Metadata { get; set; }

    /// <summary><c>Success</c> or <c>Failure</c>.</summary>
    [JsonPropertyName("status")]
    public string? State { get; set; }

    /// <summary>One sentence for people.</summary>
    public string? Message { get; set; }

    /// <summary>One CamelCase word for programs, such as <c>NotFound</c>.</summary>
    public string? Reason { get; set; }

    /// <summary>What the failure is about.</summary>
    public StatusDetails? Details { get; set; }

    /// <summary>The HTTP status code.</summary>
    public int? Code { get; set; }
}
