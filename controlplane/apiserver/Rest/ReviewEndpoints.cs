using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Security;

namespace Podwire.ApiServer.Rest;

/// <summary>
/// authorization.k8s.io SelfSubjectAccessReview and authentication.k8s.io SelfSubjectReview: what <c>kubectl auth can-i</c> and
/// <c>auth whoami</c> create. Answered, never stored.
/// </summary>
internal sealed class ReviewEndpoints
{
    public async Task<bool> TryHandleAsync(HttpContext http, UserInfo user, string[] steps)
    {
        var kind = steps switch
        {
            ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] => "SelfSubjectAccessReview",
            ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"] => "SelfSubjectReview",
            _ => null,
        };
        if (kind is null || user.IsAnonymous)
        {
            return false;
        }

        if (!HttpMethods.IsPost(http.Request.Method))
        {
            throw ApiErrors.MethodNotAllowed();
        }

        var body = await ReadAsync(http, kind);
        body["status"] = kind == "SelfSubjectReview" ? Who(user) : May(user, body.Object("spec") ?? []);
        await ApiDispatcher.WriteAsync(http, 201, JsonText.Bytes(body));
        return true;
    }

    private static async Task<JsonObject> ReadAsync(HttpContext http, string kind)
    {
        using var memory = new MemoryStream();
        await http.Request.Body.CopyToAsync(memory, http.RequestAborted);
        var type = MediaTypes.Body(http.Request);
        var spec = type switch
        {
            MediaTypes.Json or MediaTypes.Yaml => ObjectDecoder.ParseObject(memory.ToArray(), type).Object("spec"),
            MediaTypes.Protobuf => ObjectDecoder.ParseProtobuf(memory.ToArray(), kind == "SelfSubjectReview" ? "authentication.SelfSubjectReview" : "authorization.SelfSubjectAccessReview").Object("spec"),
            _ => throw ApiErrors.UnsupportedMediaType(type, "application/json, application/yaml, application/vnd.kubernetes.protobuf"),
        };
        var group = kind == "SelfSubjectReview" ? "authentication.k8s.io" : "authorization.k8s.io";
        var review = new JsonObject { ["kind"] = kind, ["apiVersion"] = $"{group}/v1", ["metadata"] = new JsonObject { ["creationTimestamp"] = null } };
        if (kind == "SelfSubjectAccessReview")
        {
            review["spec"] = spec?.DeepClone() ?? new JsonObject();
        }

        return review;
    }

    private static JsonObject Who(UserInfo user) => new()
    {
        ["userInfo"] = new JsonObject { ["username"] = user.Name, ["groups"] = new JsonArray([.. user.Groups.Select(group => (JsonNode)JsonValue.Create(group))]) },
    };

    private static JsonObject May(UserInfo user, JsonObject spec)
    {
        bool allowed;
        if (spec.Object("resourceAttributes") is { } resource)
        {
            allowed = Authorizer.IsAllowed(
                user,
                resource.Text("verb") ?? string.Empty,
                resource.Text("group") ?? string.Empty,
                resource.Text("resource") ?? string.Empty,
                resource.Text("subresource") ?? string.Empty,
                resource.Text("namespace") ?? string.Empty,
                resource.Text("name") ?? string.Empty);
        }
        else if (spec.Object("nonResourceAttributes") is { } path)
        {
            allowed = path.Text("path") is ['/', ..] asked && Authorizer.IsAllowedPath(user, asked);
        }
        else
        {
            throw ApiErrors.BadRequest("spec: exactly one of nonResourceAttributes or resourceAttributes must be specified");
        }

        return new JsonObject { ["allowed"] = allowed };
    }
}
