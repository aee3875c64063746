using System.Globalization;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Patch;

/// <summary>RFC 6902, with RFC 6901 pointers. All operations apply or none does: the document that comes in is not changed.</summary>
internal static class JsonPatch
{
    private const int MostOperations = 10_000;

    /// <exception cref="PatchException">An operation is malformed or cannot be applied.</exception>
    public static JsonNode? Apply(JsonNode? document, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
        {
            throw new PatchException("a JSON patch is a list of operations");
        }

        if (operations.Count > MostOperations)
        {
            throw new PatchException($"The allowed maximum operations in a JSON patch is {MostOperations}, got {operations.Count}");
        }

        var root = document?.DeepClone();
        for (var i = 0; i < operations.Count; i++)
        {
            if (operations[i] is not JsonObject operation || operation.Text("op") is not { } name || operation.Text("path") is not { } path)
            {
                throw new PatchException($"operation {i} needs op and path");
            }

            root = Apply(root, operation, name, path);
        }

        return root;
    }

    private static JsonNode? Apply(JsonNode? root, JsonObject operation, string name, string path)
    {
        switch (name)
        {
            case "add":
                return Add(root, path, Value(operation));
            case "remove":
                return Remove(root, path, out _);
            case "replace":
                Remove(root, path, out _);
                return path.Length == 0 ? Value(operation) : Add(root, path, Value(operation));
            case "copy":
                return Add(root, path, Get(root, From(operation))?.DeepClone());
            case "move":
                var from = From(operation);
                if (path.StartsWith(from + "/", StringComparison.Ordinal))
                {
                    throw new PatchException($"cannot move {from} into itself");
                }

                root = Remove(root, from, out var moved);
                return Add(root, path, moved);
            case "test":
                var actual = Get(root, path);
                return JsonNode.DeepEquals(actual, operation["value"])
                    ? root
                    : throw new PatchException($"testing path {path} failed: the value is different", isConflict: true);
            default:
                throw new PatchException($"unknown operation \"{name}\"");
        }
    }

    private static string From(JsonObject operation) => operation.Text("from") ?? throw new PatchException($"{operation.Text("op")} needs from");

    private static JsonNode? Value(JsonObject operation) => operation.ContainsKey("value")
        ? operation["value"]?.DeepClone()
        : throw new PatchException($"{operation.Text("op")} needs value");

    private static JsonNode? Get(JsonNode? root, string path)
    {
        var node = root;
        foreach (var step in Steps(path))
        {
            node = node switch
            {
                JsonObject map when map.TryGetPropertyValue(step, out var value) => value,
                JsonArray list when Index(step, list.Count - 1) is { } index => list[index],
                _ => throw Missing(path),
            };
        }

        return node;
    }

    private static JsonNode? Add(JsonNode? root, string path, JsonNode? value)
    {
        var steps = Steps(path);
        if (steps.Length == 0)
        {
            return value;
        }

        switch (Parent(root, steps, path))
        {
            case JsonObject map:
                map[steps[^1]] = value;
                break;
            case JsonArray list when steps[^1] == "-":
                list.Add(value);
                break;
            case JsonArray list when Index(steps[^1], list.Count) is { } index:
                list.Insert(index, value);
                break;
            default:
                throw Missing(path);
        }

        return root;
    }

    private static JsonNode? Remove(JsonNode? root, string path, out JsonNode? removed)
    {
        var steps = Steps(path);
        if (steps.Length == 0)
        {
            removed = root;
            return null;
        }

        switch (Parent(root, steps, path))
        {
            case JsonObject map when map.TryGetPropertyValue(steps[^1], out removed):
                map.Remove(steps[^1]);
                return root;
            case JsonArray list when Index(steps[^1], list.Count - 1) is { } index:
                removed = list[index];
                list.RemoveAt(index);
                return root;
            default:
                throw Missing(path);
        }
    }

    private static JsonNode? Parent(JsonNode? root, string[] steps, string path)
    {
        var node = root;
        foreach (var step in steps.AsSpan(0, steps.Length - 1))
        {
            node = node switch
            {
                JsonObject map when map.TryGetPropertyValue(step, out var value) => value,
                JsonArray list when Index(step, list.Count - 1) is { } index => list[index],
                _ => throw Missing(path),
            };
        }

        return node;
    }

    private static string[] Steps(string path)
    {
        if (path.Length == 0)
        {
            return [];
        }

        if (path[0] != '/')
        {
            throw new PatchException($"\"{path}\" is not a JSON pointer: it starts with no slash");
        }

        return [.. path[1..].Split('/').Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    /// <summary>An array index up to <paramref name="most"/>; leading zeros and signs are not allowed (RFC 6901 section 4).</summary>
    private static int? Index(string step, int most) =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= most && (step.Length == 1 || step[0] != '0') ? index : null;

    private static PatchException Missing(string path) => new($"the path \"{path}\" does not exist", isConflict: true);
}
