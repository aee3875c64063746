using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Podwire.ApiServer.CustomResources.Cel;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Schema;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.CustomResources.Structure;

/// <summary>
/// From openAPIV3Schema to a structural schema, with what makes it none as field errors
/// (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go). What would have to be obeyed and cannot be is refused.
/// </summary>
internal sealed class StructuralSchemaReader(FieldErrors errors)
{
    private static readonly string[] Forbidden = ["$ref", "definitions", "dependencies", "id", "patternProperties", "additionalItems", "$schema"];
    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(1);

    /// <summary>Reads the schema of a version's objects; what is returned may be used only if there are no errors.</summary>
    public StructuralSchema ReadRoot(JsonObject node, string path)
    {
        if (node.Text("type") != "object")
        {
            errors.Invalid($"{path}.type", node.Text("type") ?? string.Empty, "must be object at the root");
        }

        // metadata is not the schema's to say; name and generateName may be bounded.
        foreach (var (name, _) in node.At("properties", "metadata", "properties") ?? [])
        {
            if (name is not ("name" or "generateName"))
            {
                errors.Forbidden($"{path}.properties[metadata].properties[{name}]", "must not specify anything other than name and generateName, but metadata is implicitly specified");
            }
        }

        return Read(node, path, isNested: false, isCorrelated: true);
    }

    private StructuralSchema Read(JsonObject node, string path, bool isNested, bool isCorrelated)
    {
        foreach (var name in Forbidden.Where(node.ContainsKey))
        {
            errors.Forbidden($"{path}.{name}", $"{name} is not supported");
        }

        var isIntOrString = node.Flag("x-kubernetes-int-or-string");
        var keepsUnknown = node.Flag("x-kubernetes-preserve-unknown-fields");
        var type = node.Text("type");
        if (isNested)
        {
            foreach (var name in new[] { "type", "default", "additionalProperties", "nullable", "x-kubernetes-validations" }.Where(node.ContainsKey))
            {
                // Kubernetes allows type for the int-or-string pattern only: anyOf [integer, string].
                if (name != "type" || type is not ("integer" or "string"))
                {
                    errors.Forbidden($"{path}.{name}", "must be undefined to be structural");
                }
            }
        }
        else if (type is null or "" && !isIntOrString && !keepsUnknown)
        {
            errors.Required($"{path}.type", "must not be empty for specified object fields");
        }

        if (type is not (null or "" or "object" or "array" or "string" or "integer" or "number" or "boolean"))
        {
            errors.NotSupported($"{path}.type", type, "array", "boolean", "integer", "number", "object", "string");
        }

        if (type == "array" && node["items"] is not JsonObject && !isNested)
        {
            errors.Required($"{path}.items", "must be specified");
        }

        var listType = node.Text("x-kubernetes-list-type");
        var schema = new StructuralSchema
        {
            Type = type is "" ? null : type,
            IsNullable = node.Flag("nullable"),
            IsIntOrString = isIntOrString,
            KeepsUnknown = keepsUnknown,
            IsEmbeddedResource = node.Flag("x-kubernetes-embedded-resource"),
            Properties = Properties(node, path, isNested, isCorrelated),
            Additional = node["additionalProperties"] is JsonObject additional ? Read(additional, $"{path}.additionalProperties", isNested, isCorrelated) : null,
            TakesAnyProperty = node.Flag("additionalProperties"),
            Items = node["items"] is JsonObject items ? Read(items, $"{path}.items", isNested, isCorrelated && listType == "map") : null,
            Required = [.. node.Texts("required")],
            Enum = node.Array("enum"),
            Format = node.Text("format"),
            Pattern = Pattern(node, path),
            Minimum = Bound(node, "minimum"),
            Maximum = Bound(node, "maximum"),
            IsMinimumExclusive = node.Flag("exclusiveMinimum"),
            IsMaximumExclusive = node.Flag("exclusiveMaximum"),
            MultipleOf = Bound(node, "multipleOf"),
            MinLength = node.Number("minLength"),
            MaxLength = node.Number("maxLength"),
            MinItems = node.Number("minItems"),
            MaxItems = node.Number("maxItems"),
            MinProperties = node.Number("minProperties"),
            MaxProperties = node.Number("maxProperties"),
            HasUniqueItems = node.Flag("uniqueItems"),
            ListType = listType,
            ListKeys = [.. node.Texts("x-kubernetes-list-map-keys")],
            AllOf = Parts(node, "allOf", path),
            AnyOf = Parts(node, "anyOf", path),
            OneOf = Parts(node, "oneOf", path),
            Not = node.Object("not") is { } not ? Read(not, $"{path}.not", isNested: true, isCorrelated: false) : null,
            Rules = Rules(node, path, isCorrelated),
        };
        CheckCombination(node, schema, path);
        return node["default"] is { } value ? schema with { Default = Default(value, schema, path) } : schema;
    }

    private void CheckCombination(JsonObject node, StructuralSchema schema, string path)
    {
        if (schema.Properties.Count > 0 && node.ContainsKey("additionalProperties"))
        {
            errors.Forbidden($"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive");
        }

        if (schema.HasUniqueItems)
        {
            errors.Forbidden($"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
        }

        switch (schema.ListType)
        {
            case null or "atomic" or "set" or "map" when schema.ListType is null || schema.Type == "array":
                break;
            case "atomic" or "set" or "map":
                errors.Invalid($"{path}.type", schema.Type ?? string.Empty, "must be array if x-kubernetes-list-type is specified");
                break;
            case var other:
                errors.NotSupported($"{path}.x-kubernetes-list-type", other, "atomic", "map", "set");
                break;
        }

        if (schema.ListType == "map")
        {
            if (schema.ListKeys.Count == 0)
            {
                errors.Required($"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map");
            }

            foreach (var key in schema.ListKeys.Where(key => schema.Items?.Properties.ContainsKey(key) != true))
            {
                errors.Invalid($"{path}.x-kubernetes-list-map-keys", key, "entries must all be names of item properties");
            }
        }
    }

    private Dictionary<string, StructuralSchema> Properties(JsonObject node, string path, bool isNested, bool isCorrelated)
    {
        var properties = new Dictionary<string, StructuralSchema>(StringComparer.Ordinal);
        foreach (var (name, value) in node.Object("properties") ?? [])
        {
            if (value is JsonObject property)
            {
                properties[name] = Read(property, $"{path}.properties[{name}]", isNested, isCorrelated);
            }
        }

        return properties;
    }

    private List<StructuralSchema> Parts(JsonObject node, string name, string path) =>
        [.. node.Objects(name).Select((part, index) => Read(part, $"{path}.{name}[{index}]", isNested: true, isCorrelated: false))];

    private List<ValidationRule> Rules(JsonObject node, string path, bool isCorrelated)
    {
        var rules = new List<ValidationRule>();
        foreach (var (index, rule) in node.Objects("x-kubernetes-validations").Index())
        {
            var at = $"{path}.x-kubernetes-validations[{index}]";
            var source = rule.Text("rule")?.Trim() ?? string.Empty;
            if (rule.ContainsKey("messageExpression") || rule.Flag("optionalOldSelf"))
            {
                errors.Forbidden(at, "messageExpression and optionalOldSelf are not supported by this API server");
            }

            try
            {
                var program = CelProgram.Compile(source);
                if (program.IsTransition && !isCorrelated)
                {
                    errors.Invalid($"{at}.rule", source, "oldSelf cannot be used on the uncorrelatable portion of the schema within lists that are not maps");
                }

                rules.Add(new(program, source, rule.Text("message"), rule.Text("reason"), rule.Text("fieldPath")));
            }
            catch (CelException error)
            {
                errors.Invalid($"{at}.rule", source, $"compilation failed: {error.Message}");
            }
        }

        return rules;
    }

    private Regex? Pattern(JsonObject node, string path)
    {
        if (node.Text("pattern") is not { Length: > 0 } pattern)
        {
            return null;
        }

        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.ECMAScript, RegexLimit);
        }
        catch (ArgumentException)
        {
            try
            {
                // Inline options and the like, which the RE2 syntax of Kubernetes shares with the wider dialect.
                return new Regex(pattern, RegexOptions.CultureInvariant, RegexLimit);
            }
            catch (ArgumentException error)
            {
                errors.Invalid($"{path}.pattern", pattern, $"must be a valid regular expression, but isn't: {error.Message}");
                return null;
            }
        }
    }

    private static double? Bound(JsonObject node, string name) =>
        node[name] is { } value && value.GetValueKind() == JsonValueKind.Number ? value.AsNumber() ?? value.GetValue<double>() : null;

    /// <summary>A default must itself be a valid value, with nothing that pruning would remove.</summary>
    private JsonNode Default(JsonNode value, StructuralSchema schema, string path)
    {
        var found = new FieldErrors();
        new StructuralValidator(found).Validate(value, schema, string.Empty);
        foreach (var error in found.Items)
        {
            errors.Invalid($"{path}.default{error.Field}", value, error.Message);
        }

        if (value is JsonObject map)
        {
            var findings = new SchemaFindings();
            new StructuralPruner(findings).Prune((JsonObject)map.DeepClone(), schema);
            foreach (var unknown in findings.Unknown)
            {
                errors.Invalid($"{path}.default", value, $"must not have unknown fields: {unknown}");
            }
        }

        return value.DeepClone();
    }
}
