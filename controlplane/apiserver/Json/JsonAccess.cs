using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Json;

/// <summary>Reading and filling nodes without exceptions: what is absent or of another type reads as null or empty.</summary>
internal static class JsonAccess
{
    public static JsonObject? Object(this JsonObject node, string name) => node[name] as JsonObject;

    public static JsonArray? Array(this JsonObject node, string name) => node[name] as JsonArray;

    /// <summary>The objects of a list, none if it is absent.</summary>
    public static IEnumerable<JsonObject> Objects(this JsonObject? node, string name) => (node?[name] as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>The strings of a list, none if it is absent.</summary>
    public static IEnumerable<string> Texts(this JsonObject? node, string name) =>
        (node?[name] as JsonArray)?.Select(item => item.AsText()).OfType<string>() ?? [];

    public static string? Text(this JsonObject? node, string name) => node?[name].AsText();

    public static long? Number(this JsonObject? node, string name) => node?[name].AsNumber();

    public static bool Flag(this JsonObject? node, string name) => node?[name] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public static string? AsText(this JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? AsNumber(this JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<long>(out var number) => number,
        JsonValue value when value.TryGetValue<int>(out var number) => number,
        _ => null,
    };

    /// <summary>The object under a dotted path, or null.</summary>
    public static JsonObject? At(this JsonObject? node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = node?[step] as JsonObject;
        }

        return node;
    }

    /// <summary>The object under a name, made if absent.</summary>
    public static JsonObject Ensure(this JsonObject node, string name)
    {
        if (node[name] is JsonObject there)
        {
            return there;
        }

        var made = new JsonObject();
        node[name] = made;
        return made;
    }

    /// <summary>Sets what is absent or an empty string, as Kubernetes defaulting does.</summary>
    public static void Default(this JsonObject node, string name, JsonNode value)
    {
        if (node[name] is null || node.Text(name) is "")
        {
            node[name] = value;
        }
    }

    /// <summary>Sets a copy of the other object's field, or removes the field if the other has none.</summary>
    public static void TakeFrom(this JsonObject node, string name, JsonObject? other)
    {
        if (other?[name] is { } value)
        {
            node[name] = value.DeepClone();
        }
        else
        {
            node.Remove(name);
        }
    }

    /// <summary>True if the node is absent or an empty object, list or string.</summary>
    public static bool IsEmpty(this JsonNode? node) => node switch
    {
        null => true,
        JsonObject map => map.Count == 0,
        JsonArray list => list.Count == 0,
        _ => node.AsText() is "",
    };
}
