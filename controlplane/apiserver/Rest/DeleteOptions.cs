using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Rest;

/// <summary>meta/v1 DeleteOptions, out of the body or the query.</summary>
internal sealed record DeleteOptions
{
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Background, Foreground, Orphan, or null.</summary>
    public string? PropagationPolicy { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public bool IsDryRun { get; init; }

    /// <exception cref="ApiException">400 or 422: a value is malformed.</exception>
    public static DeleteOptions Read(ApiRequest request, JsonObject? body)
    {
        var policy = body.Text("propagationPolicy") ?? request.Query("propagationPolicy");
        var orphan = body?["orphanDependents"] is not null ? body.Flag("orphanDependents") : (bool?)null;
        if (policy is not null && orphan is not null)
        {
            throw ApiErrors.BadRequest("orphanDependents and deletionPropagation cannot be both set");
        }

        if (policy is not (null or "" or "Background" or "Foreground" or "Orphan"))
        {
            throw ApiErrors.BadRequest($"propagationPolicy: Unsupported value: \"{policy}\": supported values: \"Background\", \"Foreground\", \"Orphan\"");
        }

        var grace = body.Number("gracePeriodSeconds") ?? request.Number("gracePeriodSeconds");
        var preconditions = body?.Object("preconditions");
        return new DeleteOptions
        {
            GracePeriodSeconds = grace,
            PropagationPolicy = policy is { Length: > 0 } ? policy : orphan is true ? "Orphan" : null,
            Uid = preconditions.Text("uid"),
            ResourceVersion = preconditions.Text("resourceVersion"),
            IsDryRun = request.IsDryRun(body.Texts("dryRun").FirstOrDefault()),
        };
    }
}
