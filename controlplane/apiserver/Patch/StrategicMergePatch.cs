using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.Patch;

/// <summary>
/// Kubernetes' strategic merge patch (k8s.io/apimachinery/pkg/util/strategicpatch): as a merge patch, but lists that the schema marks
/// merge by key, and the directives <c>$patch</c>, <c>$retainKeys</c>, <c>$deleteFromPrimitiveList/F</c> and <c>$setElementOrder/F</c>.
/// </summary>
internal sealed class StrategicMergePatch(ApiSchema schema)
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";
    private const string OrderPrefix = "$setElementOrder/";

    /// <summary>A patched copy; neither argument is changed.</summary>
    /// <exception cref="PatchException">A directive is malformed, or an element lacks its merge key.</exception>
    public JsonObject Apply(JsonObject original, JsonObject patch, string typeName) =>
        MergeMap((JsonObject)original.DeepClone(), patch, schema[typeName]) ?? [];

    /// <summary>Null if the patch deletes the map.</summary>
    private JsonObject? MergeMap(JsonObject target, JsonObject patch, SchemaType? type)
    {
        if (patch.Text(Directive) is { } directive)
        {
            switch (directive)
            {
                case "replace":
                    return WithoutDirectives(patch);
                case "delete":
                    return null;
                case "merge":
                    break;
                default:
                    throw new PatchException($"Unknown patch type: {directive}");
            }
        }

        if (patch[RetainKeys] is JsonArray retained)
        {
            var keep = retained.Select(item => item.AsText()).ToHashSet();
            foreach (var name in target.Select(entry => entry.Key).Where(name => !keep.Contains(name)).ToArray())
            {
                target.Remove(name);
            }
        }

        foreach (var (name, value) in patch)
        {
            if (name is Directive or RetainKeys)
            {
                continue;
            }

            if (name.StartsWith(DeletePrefix, StringComparison.Ordinal))
            {
                DeletePrimitives(target, name[DeletePrefix.Length..], value);
            }
            else if (!name.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                MergeField(target, name, value, patch, type);
            }
        }

        // An order for a list that the patch does not otherwise touch.
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(OrderPrefix, StringComparison.Ordinal) && name[OrderPrefix.Length..] is var list && !patch.ContainsKey(list)
                && target[list] is JsonArray there && value is JsonArray order)
            {
                target[list] = Order(there, order, type?.Find(list)?.MergeKey, there);
            }
        }

        return target;
    }

    private void MergeField(JsonObject target, string name, JsonNode? value, JsonObject patch, SchemaType? type)
    {
        var field = type?.Find(name);
        switch (value)
        {
            case null:
                target.Remove(name);
                return;
            case JsonObject map:
                var mapType = field?.Shape is { Kind: SchemaKind.Object, TypeName: { } typeName } ? schema[typeName] : null;
                var merged = MergeMap(target[name] is JsonObject old ? (JsonObject)old.DeepClone() : [], map, mapType);
                if (merged is null)
                {
                    target.Remove(name);
                }
                else
                {
                    target[name] = merged;
                }

                return;
            case JsonArray list when field is { Merges: true }:
                var order = patch[OrderPrefix + name] as JsonArray;
                var before = target[name] as JsonArray;
                var result = field.MergeKey is { } key
                    ? MergeMaps(before, list, key, field.Shape.Element?.TypeName is { } element ? schema[element] : null)
                    : MergePrimitives(before, list);
                target[name] = order is null ? result : Order(result, order, field.MergeKey, before);
                return;
            default:
                target[name] = value is JsonArray plain ? WithoutDirectives(plain) : value.DeepClone();
                return;
        }
    }

    private JsonArray MergeMaps(JsonArray? before, JsonArray patch, string key, SchemaType? element)
    {
        var result = (JsonArray?)before?.DeepClone() ?? [];
        var replaces = patch.OfType<JsonObject>().Any(item => item.Text(Directive) == "replace" && item.Count == 1);
        if (replaces)
        {
            return [.. patch.OfType<JsonObject>().Where(item => item.Text(Directive) != "replace").Select(item => (JsonNode)WithoutDirectives(item))];
        }

        foreach (var node in patch)
        {
            if (node is not JsonObject item)
            {
                throw new PatchException($"a list merged by {key} holds objects only");
            }

            if (item[key] is not { } value)
            {
                throw new PatchException($"map: {item.ToJsonString()} does not contain declared merge key: {key}");
            }

            var index = Find(result, key, value);
            if (item.Text(Directive) == "delete")
            {
                for (; index >= 0; index = Find(result, key, value))
                {
                    result.RemoveAt(index);
                }
            }
            else if (index >= 0)
            {
                result[index] = MergeMap((JsonObject)result[index]!.DeepClone(), item, element);
            }
            else
            {
                result.Add((JsonNode?)MergeMap([], item, element));
            }
        }

        return result;
    }

    private static JsonArray MergePrimitives(JsonArray? before, JsonArray patch)
    {
        var result = (JsonArray?)before?.DeepClone() ?? [];
        foreach (var item in patch)
        {
            if (!result.Any(there => JsonNode.DeepEquals(there, item)))
            {
                result.Add(item?.DeepClone());
            }
        }

        return result;
    }

    private static void DeletePrimitives(JsonObject target, string name, JsonNode? values)
    {
        if (values is not JsonArray list)
        {
            throw new PatchException($"{DeletePrefix}{name} is not a list");
        }

        if (target[name] is JsonArray there)
        {
            foreach (var value in list)
            {
                for (var i = there.Count - 1; i >= 0; i--)
                {
                    if (JsonNode.DeepEquals(there[i], value))
                    {
                        there.RemoveAt(i);
                    }
                }
            }
        }
    }

    /// <summary>
    /// Items named in <paramref name="order"/> stand in that order; items the server alone has keep their place relative to the ones before them.
    /// </summary>
    private static JsonArray Order(JsonArray items, JsonArray order, string? key, JsonArray? before)
    {
        int Rank(JsonNode? item)
        {
            for (var i = 0; i < order.Count; i++)
            {
                var same = key is null ? JsonNode.DeepEquals(order[i], item) : JsonNode.DeepEquals(order[i]?[key], item?[key]);
                if (same)
                {
                    return i;
                }
            }

            return -1;
        }

        int Place(JsonNode? item)
        {
            for (var i = 0; before is not null && i < before.Count; i++)
            {
                var same = key is null ? JsonNode.DeepEquals(before[i], item) : JsonNode.DeepEquals(before[i]?[key], item?[key]);
                if (same)
                {
                    return i;
                }
            }

            return -1;
        }

        var ordered = items.Where(item => Rank(item) >= 0).OrderBy(Rank).ToList();
        var others = items.Where(item => Rank(item) < 0).ToList();
        var result = new JsonArray();
        var (i, j) = (0, 0);
        while (i < ordered.Count || j < others.Count)
        {
            var takesOther = i == ordered.Count
                || (j < others.Count && Place(others[j]) is var other && Place(ordered[i]) is var next && other >= 0 && next >= 0 && other < next);
            result.Add((takesOther ? others[j++] : ordered[i++])?.DeepClone());
        }

        return result;
    }

    private static int Find(JsonArray list, string key, JsonNode value)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is JsonObject item && JsonNode.DeepEquals(item[key], value))
            {
                return i;
            }
        }

        return -1;
    }

    private static JsonObject WithoutDirectives(JsonObject map)
    {
        var copy = new JsonObject();
        foreach (var (name, value) in map)
        {
            if (!name.StartsWith('$'))
            {
                copy[name] = value switch
                {
                    JsonObject inner => WithoutDirectives(inner),
                    JsonArray list => WithoutDirectives(list),
                    _ => value?.DeepClone(),
                };
            }
        }

        return copy;
    }

    private static JsonArray WithoutDirectives(JsonArray list)
    {
        var copy = new JsonArray();
        foreach (var item in list)
        {
            if (item is JsonObject map)
            {
                if (map.Text(Directive) is not ("replace" or "delete"))
                {
                    copy.Add((JsonNode)WithoutDirectives(map));
                }
            }
            else
            {
                copy.Add(item?.DeepClone());
            }
        }

        return copy;
    }
}
