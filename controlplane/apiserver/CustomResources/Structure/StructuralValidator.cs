using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.ApiServer.CustomResources.Cel;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Validation;

namespace Podwire.ApiServer.CustomResources.Structure;

/// <summary>Judges an object by its schema: types, bounds, formats, what is required, and the CEL rules.</summary>
internal sealed class StructuralValidator(FieldErrors errors)
{
    /// <summary>Validates a whole object; <paramref name="old"/> is what it replaces, for rules that compare.</summary>
    public void Validate(JsonObject item, StructuralSchema schema, JsonObject? old = null) => Value(item, schema, string.Empty, old);

    /// <summary>Validates one value, such as a default in a definition.</summary>
    public void Validate(JsonNode value, StructuralSchema schema, string path) => Value(value, schema, path, null);

    private void Value(JsonNode? value, StructuralSchema schema, string path, JsonNode? old)
    {
        if (value is null)
        {
            if (!schema.IsNullable && schema.Type is not null)
            {
                errors.Invalid(path, "null", $"{path} in body must be of type {schema.Type}: \"null\"");
            }

            return;
        }

        if (!HasType(value, schema, path))
        {
            return;
        }

        Bounds(value, schema, path);
        switch (value)
        {
            case JsonObject map:
                Map(map, schema, path, old as JsonObject);
                break;
            case JsonArray list:
                List(list, schema, path, old as JsonArray);
                break;
        }

        Combinations(value, schema, path);
        Rules(value, schema, path, old);
    }

    private bool HasType(JsonNode value, StructuralSchema schema, string path)
    {
        var kind = value.GetValueKind();
        if (schema.IsIntOrString)
        {
            if (kind == JsonValueKind.String || value.AsNumber() is not null)
            {
                return true;
            }

            errors.Invalid(path, value, $"{path} in body must be of type integer,string: \"{Name(value)}\"");
            return false;
        }

        var fits = schema.Type switch
        {
            null => true,
            "object" => kind == JsonValueKind.Object,
            "array" => kind == JsonValueKind.Array,
            "string" => kind == JsonValueKind.String,
            "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.AsNumber() is not null || (kind == JsonValueKind.Number && double.IsInteger(value.GetValue<double>())),
            _ => kind == JsonValueKind.Number,
        };
        if (!fits)
        {
            errors.Invalid(path, Name(value), $"{path} in body must be of type {schema.Type}: \"{Name(value)}\"");
        }

        return fits;
    }

    private void Bounds(JsonNode value, StructuralSchema schema, string path)
    {
        void Complain(string what) => errors.Invalid(path, value, $"{path} in body {what}");
        if (schema.Enum is { } allowed && !allowed.Any(item => JsonNode.DeepEquals(item, value)))
        {
            errors.NotSupported(path, value.AsText() ?? value.ToJsonString(), [.. allowed.Select(item => item.AsText() ?? item?.ToJsonString() ?? "null")]);
        }

        if (value.AsText() is { } text)
        {
            var length = text.EnumerateRunes().Count();
            Check(length < schema.MinLength, () => $"should be at least {schema.MinLength} chars long");
            Check(length > schema.MaxLength, () => $"should be at most {schema.MaxLength} chars long");
            Check(schema.Pattern is { } pattern && !pattern.IsMatch(text), () => $"should match '{schema.Pattern}'");
            Check(schema.Format is { } format && !StringFormats.Matches(format, text), () => $"must be of type {schema.Format}: \"{text}\"");
        }
        else if (value.GetValueKind() == JsonValueKind.Number)
        {
            var number = value.AsNumber() ?? value.GetValue<double>();
            Check(schema.IsMinimumExclusive ? number <= schema.Minimum : number < schema.Minimum, () => $"should be greater than {(schema.IsMinimumExclusive ? string.Empty : "or equal to ")}{schema.Minimum}");
            Check(schema.IsMaximumExclusive ? number >= schema.Maximum : number > schema.Maximum, () => $"should be less than {(schema.IsMaximumExclusive ? string.Empty : "or equal to ")}{schema.Maximum}");
            Check(schema.MultipleOf is { } factor && !double.IsInteger(number / factor), () => $"should be a multiple of {schema.MultipleOf}");
            Check(schema.Format == "int32" && number is < int.MinValue or > int.MaxValue, () => "must be of type int32");
        }

        void Check(bool isWrong, Func<string> what)
        {
            if (isWrong)
            {
                Complain(what());
            }
        }
    }

    private void Map(JsonObject map, StructuralSchema schema, string path, JsonObject? old)
    {
        string At(string name) => path.Length == 0 ? name : $"{path}.{name}";
        if (map.Count < schema.MinProperties || map.Count > schema.MaxProperties)
        {
            errors.Invalid(path, map, $"{path} in body should have {(map.Count < schema.MinProperties ? $"at least {schema.MinProperties}" : $"at most {schema.MaxProperties}")} properties");
        }

        foreach (var name in schema.Required.Where(name => !map.ContainsKey(name)))
        {
            errors.Required(At(name));
        }

        foreach (var (name, value) in map)
        {
            if ((schema.Properties.GetValueOrDefault(name) ?? schema.Additional) is { } field)
            {
                Value(value, field, At(name), old?[name]);
            }
        }
    }

    private void List(JsonArray list, StructuralSchema schema, string path, JsonArray? old)
    {
        if (list.Count < schema.MinItems || list.Count > schema.MaxItems)
        {
            errors.Invalid(path, list.Count.ToString(), $"{path} in body should have {(list.Count < schema.MinItems ? $"at least {schema.MinItems}" : $"at most {schema.MaxItems}")} items");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            if (schema.ListType is "set" or "map" || schema.HasUniqueItems)
            {
                var key = Key(list[i], schema);
                if (!seen.Add(key))
                {
                    errors.Duplicate($"{path}[{i}]", key);
                }
            }

            if (schema.Items is { } items)
            {
                Value(list[i], items, $"{path}[{i}]", schema.ListType == "map" ? old?.FirstOrDefault(other => Key(other, schema) == Key(list[i], schema)) : null);
            }
        }
    }

    /// <summary>What makes an item of a set or a keyed list itself.</summary>
    private static string Key(JsonNode? item, StructuralSchema schema) => schema.ListType == "map" && item is JsonObject map
        ? string.Join(',', schema.ListKeys.Select(name => $"{name}={(map[name] ?? schema.Items?.Properties.GetValueOrDefault(name)?.Default)?.ToJsonString()}"))
        : item?.ToJsonString() ?? "null";

    private void Combinations(JsonNode value, StructuralSchema schema, string path)
    {
        foreach (var part in schema.AllOf)
        {
            Value(value, part, path, null);
        }

        if (schema.AnyOf.Count > 0 && !schema.AnyOf.Any(part => Fits(value, part)))
        {
            errors.Invalid(path, value, $"{path} in body must validate at least one schema (anyOf)");
        }

        if (schema.OneOf.Count > 0 && schema.OneOf.Count(part => Fits(value, part)) != 1)
        {
            errors.Invalid(path, value, $"{path} in body must validate one and only one schema (oneOf)");
        }

        if (schema.Not is { } not && Fits(value, not))
        {
            errors.Invalid(path, value, $"{path} in body must not validate the schema (not)");
        }
    }

    private static bool Fits(JsonNode value, StructuralSchema schema)
    {
        var findings = new FieldErrors();
        new StructuralValidator(findings).Value(value, schema, string.Empty, null);
        return findings.IsEmpty;
    }

    private void Rules(JsonNode value, StructuralSchema schema, string path, JsonNode? old)
    {
        foreach (var rule in schema.Rules.Where(rule => !rule.Program.IsTransition || old is not null))
        {
            string? wrong;
            try
            {
                wrong = rule.Program.IsMet(value, old) ? null : rule.Message ?? $"failed rule: {rule.Source}";
            }
            catch (CelException error)
            {
                wrong = $"rule evaluation error: {error.Message}: {rule.Source}";
            }

            if (wrong is not null)
            {
                var at = path + rule.FieldPath;
                at = at.Length == 0 ? "<nil>" : at.TrimStart('.');
                switch (rule.Reason)
                {
                    case "FieldValueForbidden":
                        errors.Forbidden(at, wrong);
                        break;
                    case "FieldValueRequired":
                        errors.Required(at, wrong);
                        break;
                    case "FieldValueDuplicate":
                        errors.Duplicate(at, wrong);
                        break;
                    default:
                        errors.Invalid(at, Name(value), wrong);
                        break;
                }
            }
        }
    }

    private static string Name(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.AsNumber() is null ? "number" : "integer",
        _ => "boolean",
    };
}
