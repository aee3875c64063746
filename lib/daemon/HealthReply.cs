namespace Podwire.Daemon;

/// <summary>What a health path answers.</summary>
/// <param name="Status">The HTTP status: 200 when healthy, 503 when not.</param>
/// <param name="Body">The body.</param>
/// <param name="ContentType">Its media type.</param>
public readonly record struct HealthReply(int Status, string Body, string ContentType = "text/plain; charset=utf-8")
{
    /// <summary>200 «ok», as every Kubernetes component answers.</summary>
    public static HealthReply Ok { get; } = new(200, "ok");

    /// <summary>503 with the reason.</summary>
    public static HealthReply Unhealthy(string reason) => new(503, reason);

    /// <summary>A JSON body.</summary>
    public static HealthReply Json(int status, string json) => new(status, json, "application/json");

    /// <summary>Headers beside the content type, or null.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}
