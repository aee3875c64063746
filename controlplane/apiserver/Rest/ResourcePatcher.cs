using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Patch;
using Podwire.ApiServer.Schema;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Rest;

/// <summary>patch: reads the patch once and gives the function that applies it to an object.</summary>
internal static class ResourcePatcher
{
    private static readonly StrategicMergePatch Strategic = new(ApiSchema.BuiltIn);

    /// <exception cref="ApiException">400: malformed; 415: a patch type that is not served.</exception>
    public static async Task<Func<JsonObject, JsonObject>> ReadAsync(ApiRequest request, string schemaType)
    {
        var type = MediaTypes.Body(request.Http.Request);
        if (type == MediaTypes.ApplyPatch)
        {
            throw ApiErrors.UnsupportedMediaType(type, "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json (server-side apply is not served)");
        }

        if (type == MediaTypes.StrategicMergePatch && schemaType.Length == 0)
        {
            // Lists have no merge keys outside of the built-in types (as in kube-apiserver).
            throw ApiErrors.UnsupportedMediaType(type, "application/json-patch+json, application/merge-patch+json");
        }

        if (type is not (MediaTypes.JsonPatch or MediaTypes.MergePatch or MediaTypes.StrategicMergePatch))
        {
            throw ApiErrors.UnsupportedMediaType(type, "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json");
        }

        var body = await ObjectDecoder.ReadBodyAsync(request);
        var patch = ObjectDecoder.Parse(body, MediaTypes.Json);
        if (type != MediaTypes.JsonPatch && patch is not JsonObject)
        {
            throw ApiErrors.BadRequest("a merge patch is an object");
        }

        return item => Apply(request, type, item, patch, schemaType);
    }

    private static JsonObject Apply(ApiRequest request, string type, JsonObject item, JsonNode? patch, string schemaType)
    {
        try
        {
            var result = type switch
            {
                MediaTypes.JsonPatch => JsonPatch.Apply(item, patch),
                MediaTypes.MergePatch => JsonMergePatch.Apply(item, patch),
                _ => Strategic.Apply(item, (JsonObject)patch!, schemaType),
            };
            return result as JsonObject ?? throw new PatchException("the result is not an object", isConflict: true);
        }
        catch (PatchException error) when (error.IsConflict)
        {
            var errors = new FieldErrors();
            errors.Invalid("patch", "", error.Message);
            throw ApiErrors.Invalid(request.Resource, request.Name!, errors);
        }
        catch (PatchException error)
        {
            throw ApiErrors.BadRequest(error.Message);
        }
    }
}
