using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Rest;

/// <summary>pods/binding and pods/eviction.</summary>
internal sealed class PodActions(ResourceWriter writer, ResourceDeleter deleter, TimeProvider time)
{
    public async Task<ApiResult> HandleAsync(ApiRequest request)
    {
        if (request.Http.Request.Method != "POST")
        {
            throw ApiErrors.MethodNotAllowed();
        }

        var body = await ObjectDecoder.ReadObjectAsync(request, request.Subresource == "binding" ? "core.Binding" : "policy.Eviction") ?? throw ApiErrors.BadRequest("the request has no body");
        return request.Subresource == "binding" ? await BindAsync(request, body) : await EvictAsync(request, body);
    }

    /// <summary>Sets spec.nodeName once, and the PodScheduled condition.</summary>
    private async Task<ApiResult> BindAsync(ApiRequest request, JsonObject binding)
    {
        ObjectDecoder.Check(request, binding, "v1", "Binding", "core.Binding");
        var errors = new FieldErrors();
        var target = binding.Object("target");
        if (target.Text("kind") is { Length: > 0 } and not "Node")
        {
            errors.NotSupported("target.kind", target.Text("kind")!, "Node", "<empty>");
        }

        if (string.IsNullOrEmpty(target.Text("name")))
        {
            errors.Required("target.name");
        }

        if (!errors.IsEmpty)
        {
            throw ApiErrors.Invalid(request.Resource, request.Name!, errors);
        }

        await writer.UpdateAsync(request, pod => Bind(request, pod, binding), request.IsDryRun());
        return new(201, JsonText.Bytes(new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["code"] = 201L }));
    }

    private JsonObject Bind(ApiRequest request, JsonObject pod, JsonObject binding)
    {
        var (spec, metadata) = (pod.Ensure("spec"), pod.Object("metadata")!);
        if (metadata.ContainsKey("deletionTimestamp"))
        {
            throw ApiErrors.Conflict(request.Resource, request.Name!, $"pod {request.Name} is being deleted, cannot be assigned to a host");
        }

        if (spec.Text("nodeName") is { Length: > 0 } node)
        {
            throw ApiErrors.Conflict(request.Resource, request.Name!, $"pod {request.Name} is already assigned to node \"{node}\"");
        }

        if (binding.Object("metadata").Text("uid") is { Length: > 0 } uid && uid != metadata.Text("uid"))
        {
            throw ApiErrors.Conflict(request.Resource, request.Name!, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata.Text("uid")}");
        }

        spec["nodeName"] = binding.Object("target").Text("name");
        foreach (var (key, value) in binding.Object("metadata")?.Object("annotations") ?? [])
        {
            metadata.Ensure("annotations")[key] = value?.DeepClone();
        }

        var conditions = pod.Ensure("status")["conditions"] as JsonArray ?? [];
        var others = conditions.OfType<JsonObject>().Where(condition => condition.Text("type") != "PodScheduled").Select(condition => condition.DeepClone());
        pod.Ensure("status")["conditions"] = new JsonArray([.. others, new JsonObject { ["type"] = "PodScheduled", ["status"] = "True", ["lastProbeTime"] = null, ["lastTransitionTime"] = ObjectMetaRules.Now(time) }]);
        return pod;
    }

    /// <summary>Deletes the pod; there are no PodDisruptionBudgets to ask.</summary>
    private async Task<ApiResult> EvictAsync(ApiRequest request, JsonObject eviction)
    {
        ObjectDecoder.Check(request, eviction, "policy/v1", "Eviction", "policy.Eviction");
        if (eviction.Object("metadata").Text("name") is { Length: > 0 } name && name != request.Name)
        {
            throw ApiErrors.BadRequest($"name in URL does not match name in Eviction object: {name} vs {request.Name}");
        }

        var options = DeleteOptions.Read(request, eviction.Object("deleteOptions"));
        await deleter.DeleteAsync(request, request.Key, request.Name!, options);
        return new(201, JsonText.Bytes(new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["code"] = 201L }));
    }
}
