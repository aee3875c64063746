using System.Globalization;
using Microsoft.AspNetCore.Http;
using Podwire.ApiServer.Security;

namespace Podwire.ApiServer.Rest;

/// <summary>A request for a resource, as its path, method and query say.</summary>
internal sealed class ApiRequest(HttpContext http, UserInfo user, ApiResource resource, string? @namespace, string? name, string? subresource)
{
    public HttpContext Http { get; } = http;

    public UserInfo User { get; } = user;

    public ApiResource Resource { get; } = resource;

    /// <summary>Null for cluster-scoped resources and for all namespaces.</summary>
    public string? Namespace { get; } = @namespace;

    public string? Name { get; } = name;

    public string? Subresource { get; } = subresource;

    public CancellationToken Aborted => Http.RequestAborted;

    /// <summary>Sent as Warning headers (RFC 9111 section 5.5, code 299).</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The verb of authorization: get, list, watch, create, update, patch, delete, deletecollection.</summary>
    public string Verb => Http.Request.Method switch
    {
        "GET" or "HEAD" when Name is null => IsWatch ? "watch" : "list",
        "GET" or "HEAD" => Subresource is null && IsWatch ? "watch" : "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => Name is null ? "deletecollection" : "delete",
        var other => other.ToLowerInvariant(),
    };

    public bool IsWatch => Flag("watch");

    /// <summary>The store's key; only for requests that name an object.</summary>
    public string Key => Storage.StoredObject.KeyOf(Namespace, Name!);

    /// <exception cref="ApiException">422: dryRun has another value than All.</exception>
    public bool IsDryRun(string? fromBody = null) => (fromBody ?? Query("dryRun")) switch
    {
        null or "" => false,
        "All" => true,
        var other => throw ApiErrors.BadRequest($"invalid dryRun value \"{other}\": supported values: \"All\""),
    };

    public string? Query(string name) => Http.Request.Query.TryGetValue(name, out var values) ? values[0] : null;

    public bool Flag(string name) => Query(name) switch
    {
        null or "" or "0" => Http.Request.Query.ContainsKey(name) && Query(name) != "0" && name == "watch",
        var text => text is "1" or "t" or "T" or "true" or "TRUE" or "True",
    };

    /// <exception cref="ApiException">400: not a whole number of at least 0.</exception>
    public long? Number(string name)
    {
        var text = Query(name);
        return string.IsNullOrEmpty(text)
            ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw ApiErrors.BadRequest($"invalid value for {name}: \"{text}\" is not a whole number");
    }
}
