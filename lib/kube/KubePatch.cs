using System.Text;
using System.Text.Json.Nodes;

namespace Podwire.Kube;

/// <summary>A change to send: what, and how it is meant.</summary>
public sealed class KubePatch
{
    private KubePatch(PatchType type, byte[] body)
    {
        Type = type;
        Body = body;
    }

    /// <summary>How it is meant.</summary>
    public PatchType Type { get; }

    /// <summary>The patch as UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    internal string MediaType => Type switch
    {
        PatchType.Merge => "application/merge-patch+json",
        PatchType.Strategic => "application/strategic-merge-patch+json",
        PatchType.Json => "application/json-patch+json",
        _ => "application/apply-patch+yaml",
    };

    /// <summary>A JSON merge patch.</summary>
    public static KubePatch Merge(JsonNode patch) => new(PatchType.Merge, Bytes(patch));

    /// <summary>A strategic merge patch.</summary>
    public static KubePatch Strategic(JsonNode patch) => new(PatchType.Strategic, Bytes(patch));

    /// <summary>JSON patch operations.</summary>
    public static KubePatch Json(JsonArray operations) => new(PatchType.Json, Bytes(operations));

    /// <summary>A server-side apply configuration.</summary>
    public static KubePatch Apply(JsonNode configuration) => new(PatchType.Apply, Bytes(configuration));

    /// <summary>A patch from its bytes.</summary>
    public static KubePatch FromBytes(PatchType type, ReadOnlySpan<byte> utf8) => new(type, utf8.ToArray());

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}
