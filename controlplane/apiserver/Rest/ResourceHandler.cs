using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Proxying;
using Podwire.ApiServer.Watch;

namespace Podwire.ApiServer.Rest;

/// <summary>The verbs on resources: reads the request's body and query, calls reader, watcher, writer or deleter, writes the answer.</summary>
internal sealed class ResourceHandler(
    ResourceReader reader,
    ResourceWatcher watcher,
    ResourceWriter writer,
    ResourceDeleter deleter,
    ScaleEndpoint scale,
    PodActions podActions,
    PodLogProxy logs)
{
    public async Task HandleAsync(ApiRequest request)
    {
        switch (request.Subresource)
        {
            case "scale":
                await AnswerAsync(request, await scale.HandleAsync(request));
                return;
            case "binding" or "eviction":
                await AnswerAsync(request, await podActions.HandleAsync(request));
                return;
            case "log":
                await logs.HandleAsync(request);
                return;
            case "exec" or "attach" or "portforward" or "proxy":
                throw ApiErrors.NotImplemented($"{request.Resource.Plural}/{request.Subresource} is not served by this API server");
        }

        switch (request.Http.Request.Method)
        {
            case "GET" or "HEAD":
                await ReadAsync(request);
                break;
            case "POST" when request.Name is null && (request.Namespace is not null || !request.Resource.IsNamespaced):
                await AnswerAsync(request, await CreateAsync(request));
                break;
            case "PUT" when request.Name is not null:
                await AnswerAsync(request, await ReplaceAsync(request));
                break;
            case "PATCH" when request.Name is not null && request.Subresource is null or "status":
                await AnswerAsync(request, await PatchAsync(request));
                break;
            case "DELETE" when request.Subresource is null:
                await AnswerAsync(request, await DeleteAsync(request));
                break;
            default:
                throw ApiErrors.MethodNotAllowed();
        }
    }

    /// <summary>Writes the answer with the warnings that came up.</summary>
    private static async Task AnswerAsync(ApiRequest request, ApiResult result)
    {
        foreach (var warning in request.Warnings)
        {
            var text = warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            request.Http.Response.Headers.Append("Warning", $"299 - \"{text}\"");
        }

        await ApiDispatcher.WriteAsync(request.Http, result.Code, result.Body);
    }

    private async Task ReadAsync(ApiRequest request)
    {
        var form = MediaTypes.Form(request.Http.Request);
        switch (request.Verb)
        {
            case "watch":
                await watcher.RunAsync(request, form);
                break;
            case "list":
                await AnswerAsync(request, new(200, reader.List(request, form)));
                break;
            default:
                var item = reader.Get(request);
                await AnswerAsync(request, new(200, reader.Show(request, item, form)));
                break;
        }
    }

    private async Task<ApiResult> CreateAsync(ApiRequest request)
    {
        var duplicates = new List<string>();
        var item = await ObjectDecoder.ReadObjectAsync(request, request.Resource.SchemaType, duplicates) ?? throw ApiErrors.BadRequest("the request has no body");
        ObjectDecoder.Check(request, item, duplicates);
        var isDryRun = request.IsDryRun();
        var body = await writer.CreateAsync(request, item, isDryRun);
        if (!isDryRun && request.Resource.AfterCreate is { } follow)
        {
            await follow(((JsonObject)JsonText.Parse(body)!).Object("metadata").Text("name")!);
        }

        return new(201, body);
    }

    private async Task<ApiResult> ReplaceAsync(ApiRequest request)
    {
        var duplicates = new List<string>();
        var item = await ObjectDecoder.ReadObjectAsync(request, request.Resource.SchemaType, duplicates) ?? throw ApiErrors.BadRequest("the request has no body");
        ObjectDecoder.Check(request, item, duplicates);
        return new(200, await writer.UpdateAsync(request, _ => (JsonObject)item.DeepClone(), request.IsDryRun()));
    }

    private async Task<ApiResult> PatchAsync(ApiRequest request)
    {
        var apply = await ResourcePatcher.ReadAsync(request, request.Resource.SchemaType);
        return new(200, await writer.UpdateAsync(
            request,
            current =>
            {
                var item = apply(current);
                ObjectDecoder.Check(request, item);
                return item;
            },
            request.IsDryRun()));
    }

    private async Task<ApiResult> DeleteAsync(ApiRequest request)
    {
        var body = await ObjectDecoder.ReadObjectAsync(request, "meta.DeleteOptions");
        if (body is not null)
        {
            ObjectDecoder.Check(request, body, body.Text("apiVersion") is { Length: > 0 } version ? version : "v1", "DeleteOptions", "meta.DeleteOptions");
        }

        var options = DeleteOptions.Read(request, body);
        if (request.Name is null)
        {
            return await DeleteCollectionAsync(request, options);
        }

        var uid = reader.Get(request).Uid;
        var (isGone, last) = await deleter.DeleteAsync(request, request.Key, request.Name, options);
        return new(200, isGone && request.Resource.Plural != "pods" ? ResourceDeleter.Success(request.Resource, request.Name, uid) : last);
    }

    private async Task<ApiResult> DeleteCollectionAsync(ApiRequest request, DeleteOptions options)
    {
        if (!request.Resource.CanDeleteCollection || (request.Resource.IsNamespaced && request.Namespace is null))
        {
            throw ApiErrors.MethodNotAllowed();
        }

        var (items, revision, _, _) = reader.Page(request.Resource, request.Namespace, ListOptions.Read(request));
        var gone = new JsonArray();
        foreach (var item in items)
        {
            try
            {
                var (_, last) = await deleter.DeleteAsync(request, item.Key, item.Name, options);
                gone.Add(JsonText.Parse(last));
            }
            catch (ApiException error) when (error.Code == 404)
            {
                // Someone else deleted it meanwhile, which is what was asked for.
            }
        }

        return new(200, JsonText.Bytes(new JsonObject
        {
            ["kind"] = request.Resource.Kind + "List",
            ["apiVersion"] = request.Resource.GroupVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = revision.ToString() },
            ["items"] = gone,
        }));
    }
}
