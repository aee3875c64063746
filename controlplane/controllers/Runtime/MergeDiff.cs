using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>The JSON merge patch (RFC 7396) that turns one object into another: fields that neither side names stay as the server has them.</summary>
internal static class MergeDiff
{
    /// <summary>
    /// The patch from <paramref name="before"/> to <paramref name="after"/>, guarded by the version of <paramref name="before"/>; null if nothing differs.
    /// </summary>
    public static KubePatch? Between<T>(KubeResource<T> resource, T before, T after)
        where T : class, IKubeObject
    {
        var patch = Of(Node(before, resource.ItemInfo), Node(after, resource.ItemInfo));
        if (patch.Count == 0)
        {
            return null;
        }

        if (patch["metadata"] is not JsonObject metadata)
        {
            patch["metadata"] = metadata = [];
        }

        metadata["resourceVersion"] = before.Metadata.ResourceVersion;
        return KubePatch.Merge(patch);
    }

    /// <summary>The differences of two JSON objects; empty if there are none.</summary>
    public static JsonObject Of(JsonObject before, JsonObject after)
    {
        var patch = new JsonObject();
        foreach (var (key, value) in after)
        {
            var old = before[key];
            if (JsonNode.DeepEquals(old, value))
            {
                continue;
            }

            patch[key] = old is JsonObject oldMap && value is JsonObject newMap ? Of(oldMap, newMap) : value?.DeepClone();
        }

        foreach (var (key, _) in before)
        {
            if (!after.ContainsKey(key))
            {
                patch[key] = null;
            }
        }

        return patch;
    }

    private static JsonObject Node<T>(T value, JsonTypeInfo<T> info) => JsonSerializer.SerializeToNode(value, info)!.AsObject();
}
