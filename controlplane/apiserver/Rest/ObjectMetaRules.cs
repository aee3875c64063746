using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.Rest;

/// <summary>What holds for the metadata of every object (k8s.io/apimachinery/pkg/api/validation/objectmeta.go).</summary>
internal static class ObjectMetaRules
{
    private const int MostAnnotationBytes = 256 * 1024;
    private const int LongestGeneratedBase = 58;
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    public static JsonObject Of(JsonObject item) => item.Ensure("metadata");

    public static string Now(TimeProvider time) => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The name with five random letters and digits, as generateName asks.</summary>
    public static string Generate(string prefix) =>
        string.Concat(prefix.AsSpan(0, Math.Min(prefix.Length, LongestGeneratedBase)), RandomNumberGenerator.GetString(Letters, 5));

    public static void PrepareForCreate(JsonObject item, string? @namespace, ResourceStrategy strategy, TimeProvider time)
    {
        var metadata = Of(item);
        foreach (var name in new[] { "resourceVersion", "uid", "selfLink", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds", "generation" })
        {
            metadata.Remove(name);
        }

        if (@namespace is null)
        {
            metadata.Remove("namespace");
        }
        else
        {
            metadata["namespace"] = @namespace;
        }

        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Now(time);
        if (strategy.HasGeneration)
        {
            metadata["generation"] = 1L;
        }
    }

    public static void PrepareForUpdate(JsonObject item, JsonObject old)
    {
        var (metadata, before) = (Of(item), old.Object("metadata")!);
        metadata.Remove("selfLink");
        metadata.Remove("managedFields");
        foreach (var name in new[] { "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion" })
        {
            metadata.TakeFrom(name, before);
        }
    }

    public static void Validate(JsonObject item, ApiResource resource, FieldErrors errors)
    {
        var metadata = Of(item);
        if (metadata.Text("name") is { Length: > 0 } name)
        {
            if (Names.Check(resource.Strategy.NameRule, name) is { } wrong)
            {
                errors.Invalid("metadata.name", name, wrong);
            }
        }
        else
        {
            errors.Required("metadata.name", "name or generateName is required");
        }

        ValidateLabels(metadata.Object("labels"), "metadata.labels", errors);
        ValidateAnnotations(metadata.Object("annotations"), errors);
        foreach (var finalizer in metadata.Texts("finalizers"))
        {
            if (Names.Qualified(finalizer) is { } wrong)
            {
                errors.Invalid("metadata.finalizers", finalizer, wrong);
            }
        }

        ValidateOwners(metadata, errors);
    }

    public static void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        var (metadata, before) = (Of(item), old.Object("metadata")!);
        if (before.ContainsKey("deletionTimestamp"))
        {
            var known = before.Texts("finalizers").ToHashSet();
            if (metadata.Texts("finalizers").Where(name => !known.Contains(name)).ToArray() is { Length: > 0 } added)
            {
                errors.Forbidden("metadata.finalizers", $"no new finalizers can be added if the object is being deleted, found new finalizers [{string.Join(' ', added)}]");
            }
        }
    }

    public static void ValidateLabels(JsonObject? labels, string path, FieldErrors errors)
    {
        foreach (var (key, value) in labels ?? [])
        {
            if (Names.Qualified(key) is { } wrongKey)
            {
                errors.Invalid(path, key, wrongKey);
            }

            if (Names.LabelValue(value.AsText() ?? string.Empty) is { } wrongValue)
            {
                errors.Invalid(path, value, wrongValue);
            }
        }
    }

    private static void ValidateAnnotations(JsonObject? annotations, FieldErrors errors)
    {
        var size = 0;
        foreach (var (key, value) in annotations ?? [])
        {
            size += key.Length + (value.AsText()?.Length ?? 0);
            if (Names.Qualified(key.ToLowerInvariant()) is { } wrong)
            {
                errors.Invalid("metadata.annotations", key, wrong);
            }
        }

        if (size > MostAnnotationBytes)
        {
            errors.TooLong("metadata.annotations", MostAnnotationBytes);
        }
    }

    private static void ValidateOwners(JsonObject metadata, FieldErrors errors)
    {
        var controllers = 0;
        foreach (var (index, owner) in metadata.Objects("ownerReferences").Index())
        {
            foreach (var name in new[] { "apiVersion", "kind", "name", "uid" })
            {
                if (string.IsNullOrEmpty(owner.Text(name)))
                {
                    errors.Required($"metadata.ownerReferences[{index}].{name}", "must not be empty");
                }
            }

            if (owner.Flag("controller") && ++controllers == 2)
            {
                errors.Invalid("metadata.ownerReferences", metadata["ownerReferences"], "Only one reference can have Controller set to true");
            }
        }
    }
}
