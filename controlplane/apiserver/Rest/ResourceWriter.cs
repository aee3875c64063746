using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Rest;

/// <summary>create and update: the way of an object from the request into the store. Deletion is in <see cref="ResourceDeleter"/>.</summary>
internal sealed class ResourceWriter(ObjectStore store, TimeProvider time, ApiResource namespaces)
{
    private const int GenerateAttempts = 8;

    /// <summary>Creates; the object has been decoded and checked against its type.</summary>
    /// <exception cref="ApiException">400, 403, 404 (the namespace), 409, 422.</exception>
    public async Task<byte[]> CreateAsync(ApiRequest request, JsonObject item, bool isDryRun)
    {
        var resource = request.Resource;
        var metadata = ObjectMetaRules.Of(item);
        if (resource.IsNamespaced && metadata.Text("namespace") is { Length: > 0 } given && given != request.Namespace)
        {
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }

        CheckNamespace(request, metadata.Text("name") ?? string.Empty);
        var generates = string.IsNullOrEmpty(metadata.Text("name")) && !string.IsNullOrEmpty(metadata.Text("generateName"));
        for (var attempt = 1; ; attempt++)
        {
            var candidate = (JsonObject)item.DeepClone();
            if (generates)
            {
                ObjectMetaRules.Of(candidate)["name"] = ObjectMetaRules.Generate(metadata.Text("generateName")!);
            }

            var outcome = await CreateOnceAsync(request, candidate, isDryRun);
            var name = ObjectMetaRules.Of(candidate).Text("name")!;
            switch (outcome.Result)
            {
                case WriteResult.Written:
                    return outcome.Object?.Body ?? JsonText.Bytes(candidate);
                case WriteResult.Refused:
                    CheckNamespace(request, name);
                    throw ApiErrors.NotFound(namespaces, request.Namespace!);
                case WriteResult.AlreadyExists when !generates || attempt == GenerateAttempts:
                    throw ApiErrors.AlreadyExists(resource, name);
            }
        }
    }

    /// <summary>
    /// Writes what <paramref name="change"/> makes of the current object. When another writer came first the change is made again; one that
    /// names the revision it was made from then meets another and ends with 409.
    /// </summary>
    /// <exception cref="ApiException">400, 404, 409, 422.</exception>
    public async Task<byte[]> UpdateAsync(ApiRequest request, Func<JsonObject, JsonObject> change, bool isDryRun)
    {
        while (true)
        {
            var current = store.Get(request.Resource.Stored, request.Key) ?? throw ApiErrors.NotFound(request.Resource, request.Name!);
            var old = (JsonObject)JsonText.Parse(current.Body)!;
            var item = change((JsonObject)old.DeepClone());
            CheckIdentity(request, item, current);
            Prepare(request, item, old);
            if (JsonNode.DeepEquals(item, old))
            {
                return current.Body;
            }

            using var reservation = request.Resource.Hook?.Reserve(request.Resource, item, old);
            if (isDryRun)
            {
                return JsonText.Bytes(item);
            }

            var isLast = IsReleased(request.Resource, item);
            var outcome = await store.WriteAsync(new WriteRequest(
                isLast ? WriteKind.Delete : WriteKind.Update, request.Resource.Stored, current.Key, current.Revision, revision => Encode(item, revision)));
            switch (outcome.Result)
            {
                case WriteResult.Written:
                    reservation?.Commit();
                    if (isLast)
                    {
                        request.Resource.Hook?.Release(item);
                    }

                    return outcome.Object!.Body;
                case WriteResult.NotFound:
                    throw ApiErrors.NotFound(request.Resource, request.Name!);
            }
        }
    }

    /// <summary>The bytes to keep: the object with its revision.</summary>
    internal static byte[] Encode(JsonObject item, long revision)
    {
        ObjectMetaRules.Of(item)["resourceVersion"] = revision.ToString();
        return JsonText.Bytes(item);
    }

    /// <summary>True for an object that is being deleted and that nothing keeps any more.</summary>
    internal static bool IsReleased(ApiResource resource, JsonObject item)
    {
        var metadata = ObjectMetaRules.Of(item);
        return metadata.ContainsKey("deletionTimestamp")
            && metadata["finalizers"].IsEmpty()
            && (metadata.Number("deletionGracePeriodSeconds") ?? 0) == 0
            && !resource.Strategy.IsHeld(item);
    }

    /// <summary>Node identities may touch only the pods bound to them (kube-apiserver's NodeRestriction admission).</summary>
    internal static void CheckNode(ApiRequest request, JsonObject item)
    {
        if (request.User.NodeName is { } node && request.Resource is { Group: "", Plural: "pods" } && item.Object("spec").Text("nodeName") != node)
        {
            throw ApiErrors.Forbidden(request.Resource, request.Name ?? string.Empty, $"node \"{node}\" can only change pods with spec.nodeName set to itself");
        }
    }

    private async Task<WriteOutcome> CreateOnceAsync(ApiRequest request, JsonObject item, bool isDryRun)
    {
        var resource = request.Resource;
        var strategy = resource.Strategy;
        if (ObjectMetaRules.Of(item).Text("resourceVersion") is { Length: > 0 } and not "0")
        {
            throw ApiErrors.BadRequest("resourceVersion should not be set on objects to be created");
        }

        strategy.SetDefaults(item);
        ObjectMetaRules.PrepareForCreate(item, resource.IsNamespaced ? request.Namespace : null, strategy, time);
        strategy.PrepareForCreate(item);
        strategy.SetDefaults(item);
        var errors = new FieldErrors();
        ObjectMetaRules.Validate(item, resource, errors);
        strategy.Validate(item, errors);
        var name = ObjectMetaRules.Of(item).Text("name") ?? string.Empty;
        if (!errors.IsEmpty)
        {
            throw ApiErrors.Invalid(resource, name, errors);
        }

        CheckNode(request, item);
        var key = StoredObject.KeyOf(resource.IsNamespaced ? request.Namespace : null, name);
        if (store.Get(resource.Stored, key) is { } there)
        {
            return new(WriteResult.AlreadyExists, there);
        }

        using var reservation = resource.Hook?.Reserve(resource, item, null);
        if (isDryRun)
        {
            return new(WriteResult.Written, null);
        }

        var outcome = await store.WriteAsync(new WriteRequest(WriteKind.Create, resource.Stored, key, 0, revision => Encode(item, revision))
        {
            Guard = resource.IsNamespaced ? find => find(namespaces.Stored, request.Namespace!) is { IsBeingDeleted: false } || IsCleanUp(request, find) : null,
        });
        if (outcome.Result == WriteResult.Written)
        {
            reservation?.Commit();
        }

        return outcome;
    }

    /// <summary>Events may be written into a namespace that ends: they tell how it ends.</summary>
    private bool IsCleanUp(ApiRequest request, Func<StoredResource, string, StoredObject?> find) =>
        request.Resource.Plural == "events" && find(namespaces.Stored, request.Namespace!) is not null;

    private void CheckNamespace(ApiRequest request, string name)
    {
        if (!request.Resource.IsNamespaced)
        {
            return;
        }

        var there = store.Get(namespaces.Stored, request.Namespace!) ?? throw ApiErrors.NotFound(namespaces, request.Namespace!);
        if (there.IsBeingDeleted && request.Resource.Plural != "events")
        {
            throw ApiErrors.Forbidden(
                request.Resource,
                name,
                $"unable to create new content in namespace {request.Namespace} because it is being terminated",
                new StatusCause("NamespaceTerminating", $"namespace {request.Namespace} is being terminated", "metadata.namespace"));
        }
    }

    /// <summary>Checks that the new object is the one it replaces, at the revision it was made from if it names one.</summary>
    private static void CheckIdentity(ApiRequest request, JsonObject item, StoredObject current)
    {
        var metadata = ObjectMetaRules.Of(item);
        if (metadata.Text("name") is { Length: > 0 } name && name != request.Name)
        {
            throw ApiErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Name})");
        }

        if (metadata.Text("namespace") is { Length: > 0 } @namespace && request.Namespace is not null && @namespace != request.Namespace)
        {
            throw ApiErrors.BadRequest($"the namespace of the object ({@namespace}) does not match the namespace on the URL ({request.Namespace})");
        }

        if (metadata.Text("uid") is { Length: > 0 } uid && uid != current.Uid)
        {
            throw ApiErrors.Conflict(request.Resource, request.Name!, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid}");
        }

        if (metadata.Text("resourceVersion") is { Length: > 0 } version && version != "0" && version != current.Revision.ToString())
        {
            throw ApiErrors.Conflict(request.Resource, request.Name!);
        }
    }

    private static void Prepare(ApiRequest request, JsonObject item, JsonObject old)
    {
        var (resource, strategy) = (request.Resource, request.Resource.Strategy);
        CheckNode(request, old);
        ObjectMetaRules.PrepareForUpdate(item, old);
        switch (request.Subresource)
        {
            case "status":
                strategy.PrepareForStatusUpdate(item, old);
                break;
            case null:
                strategy.PrepareForUpdate(item, old);
                break;
        }

        strategy.SetDefaults(item);
        var errors = new FieldErrors();
        ObjectMetaRules.Validate(item, resource, errors);
        ObjectMetaRules.ValidateUpdate(item, old, errors);
        strategy.Validate(item, errors);
        strategy.ValidateUpdate(item, old, errors);
        if (!errors.IsEmpty)
        {
            throw ApiErrors.Invalid(resource, request.Name!, errors);
        }

        if (strategy.HasGeneration && strategy.IsNewGeneration(item, old))
        {
            ObjectMetaRules.Of(item)["generation"] = (old.Object("metadata").Number("generation") ?? 0) + 1;
        }
    }
}
