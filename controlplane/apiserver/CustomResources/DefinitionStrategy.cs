using System.Text.Json.Nodes;
using Podwire.ApiServer.CustomResources.Structure;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.CustomResources;

/// <summary>apiextensions.k8s.io/v1 CustomResourceDefinitions. What this server could not obey (webhooks, several served versions) is refused by name.</summary>
internal sealed class DefinitionStrategy : ResourceStrategy
{
    /// <summary>Keeps a definition until its objects are gone.</summary>
    public const string Finalizer = "customresourcecleanup.apiextensions.k8s.io";

    public override bool HasGeneration => true;

    public override bool HasStatus => true;

    public override void SetDefaults(JsonObject item)
    {
        var spec = item.Ensure("spec");
        var names = spec.Ensure("names");
        if (names.Text("kind") is { Length: > 0 } kind)
        {
            names.Default("singular", kind.ToLowerInvariant());
            names.Default("listKind", kind + "List");
        }

        if (spec["conversion"] is null)
        {
            spec["conversion"] = new JsonObject { ["strategy"] = "None" };
        }
    }

    public override void PrepareForCreate(JsonObject item)
    {
        base.PrepareForCreate(item);
        var metadata = ObjectMetaRules.Of(item);
        if (!metadata.Texts("finalizers").Contains(Finalizer))
        {
            var finalizers = metadata.Array("finalizers") ?? new JsonArray();
            finalizers.Add((JsonNode)Finalizer);
            if (finalizers.Parent is null)
            {
                metadata["finalizers"] = finalizers;
            }
        }
    }

    public override void Validate(JsonObject item, FieldErrors errors)
    {
        var spec = item.Object("spec")!;
        var names = spec.Object("names")!;
        var (group, plural, kind) = (spec.Text("group") ?? string.Empty, names.Text("plural") ?? string.Empty, names.Text("kind") ?? string.Empty);
        if (ObjectMetaRules.Of(item).Text("name") != $"{plural}.{group}")
        {
            errors.Invalid("metadata.name", ObjectMetaRules.Of(item).Text("name") ?? string.Empty, "must be spec.names.plural+\".\"+spec.group");
        }

        Name(Names.Subdomain(group) ?? (group.Contains('.') ? null : "should be a domain with at least one dot"), "spec.group", group, errors);
        Name(Names.ServiceLabel(plural), "spec.names.plural", plural, errors);
        Name(Names.ServiceLabel(kind.ToLowerInvariant()), "spec.names.kind", kind, errors);
        Name(Names.ServiceLabel(names.Text("singular") ?? string.Empty), "spec.names.singular", names.Text("singular") ?? string.Empty, errors);
        foreach (var (index, shortName) in names.Texts("shortNames").Index())
        {
            Name(Names.ServiceLabel(shortName), $"spec.names.shortNames[{index}]", shortName, errors);
        }

        if (names.Text("listKind") != kind + "List")
        {
            errors.Invalid("spec.names.listKind", names.Text("listKind") ?? string.Empty, $"this API server serves lists as {kind}List only");
        }

        if (spec.Text("scope") is not ("Namespaced" or "Cluster"))
        {
            errors.NotSupported("spec.scope", spec.Text("scope") ?? string.Empty, "Cluster", "Namespaced");
        }

        if (spec.Flag("preserveUnknownFields"))
        {
            errors.Invalid("spec.preserveUnknownFields", spec["preserveUnknownFields"], "must be false");
        }

        if (spec.At("conversion").Text("strategy") != "None")
        {
            errors.NotSupported("spec.conversion.strategy", spec.At("conversion").Text("strategy") ?? string.Empty, "None");
        }

        ValidateVersions(spec, errors);
    }

    public override void ValidateUpdate(JsonObject item, JsonObject old, FieldErrors errors)
    {
        var (spec, before) = (item.Object("spec")!, old.Object("spec")!);
        Immutable(spec["group"], before["group"], "spec.group");
        Immutable(spec["scope"], before["scope"], "spec.scope");
        Immutable(spec.Object("names")?["kind"], before.Object("names")?["kind"], "spec.names.kind");
        Immutable(spec.Object("names")?["plural"], before.Object("names")?["plural"], "spec.names.plural");
        var versions = spec.Objects("versions").Select(version => version.Text("name")).ToHashSet();
        foreach (var stored in old.Object("status").Texts("storedVersions").Where(stored => !versions.Contains(stored)))
        {
            errors.Invalid("status.storedVersions", stored, "missing from spec.versions; objects may be stored in it");
        }

        void Immutable(JsonNode? value, JsonNode? was, string path)
        {
            if (!JsonNode.DeepEquals(value, was))
            {
                errors.Invalid(path, value, "field is immutable");
            }
        }
    }

    private static void ValidateVersions(JsonObject spec, FieldErrors errors)
    {
        var versions = spec.Objects("versions").ToArray();
        if (versions.Length == 0)
        {
            errors.Required("spec.versions", "must have at least one version");
        }

        if (versions.Count(version => version.Flag("storage")) != 1)
        {
            errors.Invalid("spec.versions", "", "must have exactly one version marked as storage version");
        }

        if (versions.Count(version => version.Flag("served")) > 1 || versions.Any(version => version.Flag("served") && !version.Flag("storage")))
        {
            errors.Invalid("spec.versions", "", "this API server serves one version of a custom resource, the one that is stored: set served to false in the others");
        }

        foreach (var (index, version) in versions.Index())
        {
            ValidateVersion(version, $"spec.versions[{index}]", errors);
        }

        foreach (var name in versions.GroupBy(version => version.Text("name")).Where(same => same.Count() > 1))
        {
            errors.Invalid("spec.versions", name.Key ?? string.Empty, "must contain unique version names");
        }
    }

    private static void ValidateVersion(JsonObject version, string path, FieldErrors errors)
    {
        Name(Names.ServiceLabel(version.Text("name") ?? string.Empty), $"{path}.name", version.Text("name") ?? string.Empty, errors);
        if (version.At("schema", "openAPIV3Schema") is { } schema)
        {
            new StructuralSchemaReader(errors).ReadRoot(schema, $"{path}.schema.openAPIV3Schema");
        }
        else
        {
            errors.Required($"{path}.schema.openAPIV3Schema", "schemas are required");
        }

        foreach (var (index, column) in version.Objects("additionalPrinterColumns").Index())
        {
            var at = $"{path}.additionalPrinterColumns[{index}]";
            if (string.IsNullOrEmpty(column.Text("name")))
            {
                errors.Required($"{at}.name");
            }

            if (column.Text("type") is not ("boolean" or "date" or "integer" or "number" or "string"))
            {
                errors.NotSupported($"{at}.type", column.Text("type") ?? string.Empty, "boolean", "date", "integer", "number", "string");
            }

            Path(column, at, errors);
        }

        foreach (var (index, field) in version.Objects("selectableFields").Index())
        {
            Path(field, $"{path}.selectableFields[{index}]", errors);
            if (JsonPath.TryParse(field.Text("jsonPath"), out var found) && found.Dotted is null)
            {
                errors.Invalid($"{path}.selectableFields[{index}].jsonPath", field.Text("jsonPath")!, "must be a simple path of fields");
            }
        }

        if (version.At("subresources", "scale") is { } scale)
        {
            if (scale.Text("specReplicasPath") != ".spec.replicas" || scale.Text("statusReplicasPath") != ".status.replicas")
            {
                errors.Invalid($"{path}.subresources.scale", "", "this API server serves scale for .spec.replicas and .status.replicas only");
            }
        }
    }

    private static void Path(JsonObject node, string at, FieldErrors errors)
    {
        if (!JsonPath.TryParse(node.Text("jsonPath"), out _))
        {
            errors.Invalid($"{at}.jsonPath", node.Text("jsonPath") ?? string.Empty, "is no path that this API server reads: fields, [index], [*], ['name'] and [?(@.field==\"value\")]");
        }
    }

    private static void Name(string? wrong, string path, string value, FieldErrors errors)
    {
        if (wrong is not null)
        {
            errors.Invalid(path, value, wrong);
        }
    }
}
