using System.Globalization;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer.Rest;

/// <summary>delete and deletecollection: grace periods, finalizers and propagation (k8s.io/apiserver/pkg/registry/rest/delete.go).</summary>
internal sealed class ResourceDeleter(ObjectStore store, TimeProvider time)
{
    private const string Foreground = "foregroundDeletion";
    private const string Orphan = "orphan";

    /// <summary>Removes the object, or marks it where its grace period or a finalizer keeps it. True if it is gone; the last state either way.</summary>
    /// <exception cref="ApiException">404, 409 (a precondition).</exception>
    public async Task<(bool IsGone, byte[] Last)> DeleteAsync(ApiRequest request, string key, string name, DeleteOptions options)
    {
        var resource = request.Resource;
        while (true)
        {
            var current = store.Get(resource.Stored, key) ?? throw ApiErrors.NotFound(resource, name);
            CheckPreconditions(resource, name, options, current);
            var item = (JsonObject)JsonText.Parse(current.Body)!;
            ResourceWriter.CheckNode(request, item);
            var old = item.DeepClone();
            Mark(resource, item, options);
            var isGone = ResourceWriter.IsReleased(resource, item);
            if (options.IsDryRun || (!isGone && JsonNode.DeepEquals(item, old)))
            {
                return (isGone, current.Body);
            }

            var outcome = await store.WriteAsync(new WriteRequest(
                isGone ? WriteKind.Delete : WriteKind.Update, resource.Stored, key, current.Revision, revision => ResourceWriter.Encode(item, revision)));
            switch (outcome.Result)
            {
                case WriteResult.Written:
                    if (isGone)
                    {
                        resource.Hook?.Release(item);
                    }

                    return (isGone, outcome.Object!.Body);
                case WriteResult.NotFound:
                    throw ApiErrors.NotFound(resource, name);
            }
        }
    }

    /// <summary>The answer to a delete whose object is gone.</summary>
    public static byte[] Success(ApiResource resource, string name, string uid) => JsonText.Bytes(new JsonObject
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Success",
        ["details"] = Details(resource, name, uid),
    });

    private static JsonObject Details(ApiResource resource, string name, string uid)
    {
        var details = new JsonObject { ["name"] = name, ["kind"] = resource.Plural, ["uid"] = uid };
        if (resource.Group.Length > 0)
        {
            details["group"] = resource.Group;
        }

        return details;
    }

    private static void CheckPreconditions(ApiResource resource, string name, DeleteOptions options, StoredObject current)
    {
        if (options.Uid is { } uid && uid != current.Uid)
        {
            throw ApiErrors.Conflict(resource, name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid}");
        }

        if (options.ResourceVersion is { } version && version != current.Revision.ToString())
        {
            throw ApiErrors.Conflict(resource, name, $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {current.Revision}");
        }
    }

    private void Mark(ApiResource resource, JsonObject item, DeleteOptions options)
    {
        var metadata = ObjectMetaRules.Of(item);
        Propagate(metadata, options.PropagationPolicy);
        var grace = resource.Strategy.GracePeriodSeconds(item, options.GracePeriodSeconds);
        if (metadata.ContainsKey("deletionTimestamp"))
        {
            // A second request may only shorten the grace period.
            var before = metadata.Number("deletionGracePeriodSeconds") ?? 0;
            if (options.GracePeriodSeconds is null || grace >= before)
            {
                return;
            }
        }
        else
        {
            if (metadata.Number("generation") is > 0 and var generation)
            {
                metadata["generation"] = generation + 1;
            }

            resource.Strategy.MarkDeleted(item);
        }

        metadata["deletionTimestamp"] = time.GetUtcNow().AddSeconds(grace).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        metadata["deletionGracePeriodSeconds"] = grace;
    }

    /// <summary>The garbage collector acts on these finalizers; Background leaves the dependents to it after the owner is gone.</summary>
    private static void Propagate(JsonObject metadata, string? policy)
    {
        if (policy is null)
        {
            return;
        }

        var finalizers = metadata.Texts("finalizers").Where(name => name is not (Foreground or Orphan)).ToList();
        if (policy is "Foreground" or "Orphan")
        {
            finalizers.Add(policy == "Foreground" ? Foreground : Orphan);
        }

        if (finalizers.Count == 0)
        {
            metadata.Remove("finalizers");
        }
        else
        {
            metadata["finalizers"] = new JsonArray([.. finalizers.Select(name => (JsonNode)JsonValue.Create(name))]);
        }
    }
}
