using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Patch;

/// <summary>RFC 7386.</summary>
internal static class JsonMergePatch
{
    /// <summary>The patched node; <paramref name="target"/> is changed in place where it can be.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var result = target as JsonObject ?? [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                result.TryGetPropertyValue(name, out var old);
                var changed = Apply(old, value);
                if (!ReferenceEquals(changed, old))
                {
                    result[name] = changed;
                }
            }
        }

        return result;
    }
}
