using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Rest;

/// <summary>The scale subresource (autoscaling/v1 Scale) of resources with spec.replicas.</summary>
internal sealed class ScaleEndpoint(ResourceReader reader, ResourceWriter writer)
{
    private const string Version = "autoscaling/v1";

    public async Task<ApiResult> HandleAsync(ApiRequest request)
    {
        switch (request.Http.Request.Method)
        {
            case "GET" or "HEAD":
                return new(200, JsonText.Bytes(ToScale(reader.Get(request).Body)));
            case "PUT":
                var body = await ObjectDecoder.ReadObjectAsync(request, "autoscaling.Scale") ?? throw ApiErrors.BadRequest("the request has no body");
                ObjectDecoder.Check(request, body, Version, "Scale", "autoscaling.Scale");
                return await WriteAsync(request, _ => body);
            case "PATCH":
                var patch = await ResourcePatcher.ReadAsync(request, "autoscaling.Scale");
                return await WriteAsync(request, scale =>
                {
                    var changed = patch(scale);
                    ObjectDecoder.Check(request, changed, Version, "Scale", "autoscaling.Scale");
                    return changed;
                });
            default:
                throw ApiErrors.MethodNotAllowed();
        }
    }

    private async Task<ApiResult> WriteAsync(ApiRequest request, Func<JsonObject, JsonObject> change)
    {
        // The scale is a view: the change is made on it and carried over to the object.
        var main = new ApiRequest(request.Http, request.User, request.Resource, request.Namespace, request.Name, null);
        var written = await writer.UpdateAsync(
            main,
            item =>
            {
                var scale = change(ToScale(JsonText.Bytes(item)));
                if (scale.Object("metadata").Text("name") is { Length: > 0 } name && name != request.Name)
                {
                    throw ApiErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Name})");
                }

                item.Ensure("spec")["replicas"] = scale.Object("spec").Number("replicas") ?? 0;
                item.Object("metadata")!.TakeFrom("resourceVersion", scale.Object("metadata"));
                return item;
            },
            request.IsDryRun());
        return new(200, JsonText.Bytes(ToScale(written)));
    }

    private static JsonObject ToScale(byte[] body)
    {
        var item = (JsonObject)JsonText.Parse(body)!;
        var metadata = new JsonObject();
        foreach (var name in new[] { "name", "namespace", "uid", "resourceVersion", "creationTimestamp" })
        {
            metadata.TakeFrom(name, item.Object("metadata"));
        }

        var status = new JsonObject { ["replicas"] = item.Object("status").Number("replicas") ?? 0 };
        if (SelectorText(item.At("spec", "selector")) is { Length: > 0 } selector)
        {
            status["selector"] = selector;
        }

        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = Version,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["replicas"] = item.Object("spec").Number("replicas") ?? 0 },
            ["status"] = status,
        };
    }

    /// <summary>A LabelSelector as text: <c>a=b,c in (d,e)</c>.</summary>
    internal static string SelectorText(JsonObject? selector)
    {
        var terms = new List<string>();
        foreach (var (key, value) in selector?.Object("matchLabels") ?? [])
        {
            terms.Add($"{key}={value.AsText()}");
        }

        foreach (var expression in selector.Objects("matchExpressions"))
        {
            var key = expression.Text("key");
            terms.Add(expression.Text("operator") switch
            {
                "Exists" => $"{key}",
                "DoesNotExist" => $"!{key}",
                "In" => $"{key} in ({string.Join(',', expression.Texts("values"))})",
                _ => $"{key} notin ({string.Join(',', expression.Texts("values"))})",
            });
        }

        return string.Join(',', terms);
    }
}
