using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Podwire.ApiServer.Discovery;
using Podwire.ApiServer.OpenApi;
using Podwire.ApiServer.Security;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Rest;

/// <summary>
/// Every request's way: who asks, what for, may they, do it; whatever goes wrong becomes a Status. Paths that name no resource
/// (health, version, discovery, OpenAPI, metrics) are answered here, the others by <see cref="ResourceHandler"/>.
/// </summary>
internal sealed class ApiDispatcher(
    ResourceCatalog catalog,
    DiscoveryDocuments discovery,
    OpenApiDocuments openApi,
    HealthEndpoints health,
    ReviewEndpoints reviews,
    ResourceHandler resources,
    CertificateAuthenticator authenticator,
    RequestMetrics metrics,
    ILogger logger)
{
    public async Task HandleAsync(HttpContext http)
    {
        var start = TimeProvider.System.GetTimestamp();
        try
        {
            await RouteAsync(http, authenticator.Identify(http.Connection.ClientCertificate));
        }
        catch (ApiException error)
        {
            await FailAsync(http, error);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client left: there is nobody to answer.
        }
        catch (SqliteException error)
        {
            ApiServerLog.StoreFailed(logger, error.Message);
            await FailAsync(http, ApiErrors.Unavailable($"the store did not take the write: {error.Message}"));
        }
        catch (BadHttpRequestException error)
        {
            await FailAsync(http, ApiErrors.BadRequest(error.Message));
        }
        catch (Exception error) when (error is not IOException || !http.RequestAborted.IsCancellationRequested)
        {
            ApiServerLog.RequestFailed(logger, error, http.Request.Method, http.Request.Path);
            await FailAsync(http, ApiErrors.Internal(error.Message));
        }
        finally
        {
            metrics.Count(http.Request.Method, http.Response.StatusCode, TimeProvider.System.GetElapsedTime(start));
        }
    }

    internal static async Task WriteAsync(HttpContext http, int code, ReadOnlyMemory<byte> body, string type = MediaTypes.Json)
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
        }
    }

    private static async Task FailAsync(HttpContext http, ApiException error)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        if (error.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString();
        }

        await WriteAsync(http, error.Code, error.ToBytes());
    }

    private async Task RouteAsync(HttpContext http, UserInfo user)
    {
        var steps = (http.Request.Path.Value ?? "/").Trim('/').Split('/');
        if (ApiPath.TryParse(steps, catalog, out var path))
        {
            var request = new ApiRequest(http, user, path.Resource, path.Namespace, path.Name, path.Subresource);
            Authorize(user, request.Verb, path.Resource, path);
            await resources.HandleAsync(request);
            return;
        }

        if (await reviews.TryHandleAsync(http, user, steps))
        {
            return;
        }

        await PathAsync(http, user, steps);
    }

    private static void Authorize(UserInfo user, string verb, ApiResource resource, ApiPath path)
    {
        if (user.IsAnonymous)
        {
            throw new ApiException(401, "Unauthorized", "Unauthorized");
        }

        if (!Authorizer.IsAllowed(user, verb, resource.Group, resource.Plural, path.Subresource ?? string.Empty, path.Namespace ?? string.Empty, path.Name ?? string.Empty))
        {
            var where = path.Namespace is null ? "at the cluster scope" : $"in the namespace \"{path.Namespace}\"";
            var what = path.Subresource is null ? resource.Plural : $"{resource.Plural}/{path.Subresource}";
            throw ApiErrors.Forbidden(resource, path.Name ?? string.Empty, $"User \"{user.Name}\" cannot {verb} resource \"{what}\" in API group \"{resource.Group}\" {where}");
        }
    }

    private async Task PathAsync(HttpContext http, UserInfo user, string[] steps)
    {
        var path = http.Request.Path.Value ?? "/";
        if (!Authorizer.IsAllowedPath(user, path))
        {
            throw user.IsAnonymous
                ? new ApiException(401, "Unauthorized", "Unauthorized")
                : new ApiException(403, "Forbidden", $"forbidden: User \"{user.Name}\" cannot {http.Request.Method.ToLowerInvariant()} path \"{path}\"");
        }

        if (steps[0] is "healthz" or "livez" or "readyz" or "metrics")
        {
            await health.HandleAsync(http, steps);
            return;
        }

        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            throw ApiErrors.NoSuchPath();
        }

        if (steps[0] == "openapi")
        {
            await OpenApiAsync(http, steps);
            return;
        }

        var aggregated = steps is ["api"] or ["apis"] && MediaTypes.WantsAggregatedDiscovery(http.Request);
        var body = steps switch
        {
            ["version"] => ServerVersion.Document,
            ["api"] => aggregated ? discovery.AggregatedCore() : discovery.LegacyVersions(),
            ["apis"] => aggregated ? discovery.AggregatedGroups() : discovery.LegacyGroups(),
            ["api", var version] => discovery.LegacyResources(string.Empty, version),
            ["apis", var group] => discovery.LegacyGroup(group),
            ["apis", var group, var version] => discovery.LegacyResources(group, version),
            _ => null,
        };
        await WriteAsync(
            http,
            200,
            body ?? throw ApiErrors.NoSuchPath(),
            aggregated ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" : MediaTypes.Json);
    }

    private async Task OpenApiAsync(HttpContext http, string[] steps)
    {
        if (steps is ["openapi", "v3"])
        {
            await WriteAsync(http, 200, openApi.Index());
            return;
        }

        if (steps is not ["openapi", "v3", ..] || openApi.Find(string.Join('/', steps[2..])) is not { } document)
        {
            throw ApiErrors.NoSuchPath();
        }

        // A URL with the hash never changes what it names.
        http.Response.Headers.ETag = $"\"{document.Hash}\"";
        http.Response.Headers.CacheControl = http.Request.Query.ContainsKey("hash") ? "public, immutable" : "no-cache, private";
        if (http.Request.Headers.IfNoneMatch.ToString().Contains(document.Hash, StringComparison.Ordinal))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await WriteAsync(http, 200, document.Body);
    }
}
