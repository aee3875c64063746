using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Podwire.ApiServer.Rest;

/// <summary>Content negotiation: JSON out in three forms, JSON and YAML in.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";
    public const string JsonPatch = "application/json-patch+json";
    public const string MergePatch = "application/merge-patch+json";
    public const string StrategicMergePatch = "application/strategic-merge-patch+json";
    public const string ApplyPatch = "application/apply-patch+yaml";

    /// <summary>The first form the client accepts that the server has; a client that asks for protobuf first and JSON next gets JSON.</summary>
    /// <exception cref="ApiException">406: nothing fits.</exception>
    public static ResponseForm Form(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(accept, out var list) || list.Count == 0)
        {
            return ResponseForm.Object;
        }

        foreach (var type in list.OrderByDescending(type => type.Quality ?? 1))
        {
            var name = type.MediaType.Value;
            if (name is not (Json or "*/*" or "application/*"))
            {
                continue;
            }

            switch (Parameter(type, "as"))
            {
                case null:
                    return ResponseForm.Object;
                case "Table" when Parameter(type, "g") == "meta.k8s.io" && Parameter(type, "v") == "v1":
                    return ResponseForm.Table;
                case "PartialObjectMetadata" or "PartialObjectMetadataList" when Parameter(type, "g") == "meta.k8s.io" && Parameter(type, "v") == "v1":
                    return ResponseForm.Metadata;
            }
        }

        throw ApiErrors.NotAcceptable();
    }

    /// <summary>True if the Accept header asks for a discovery document of the aggregated kind.</summary>
    public static bool WantsAggregatedDiscovery(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var list)
        && list.Any(type => Parameter(type, "g") == "apidiscovery.k8s.io" && Parameter(type, "v") == "v2" && Parameter(type, "as") == "APIGroupDiscoveryList");

    /// <summary>The body's media type without parameters; JSON if none is given.</summary>
    public static string Body(HttpRequest request)
    {
        var given = request.ContentType;
        if (string.IsNullOrEmpty(given))
        {
            return Json;
        }

        var end = given.IndexOf(';');
        return (end < 0 ? given : given[..end]).Trim().ToLowerInvariant();
    }

    private static string? Parameter(MediaTypeHeaderValue type, string name)
    {
        foreach (var parameter in type.Parameters)
        {
            if (parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return HeaderUtilities.RemoveQuotes(parameter.Value).Value;
            }
        }

        return null;
    }
}
