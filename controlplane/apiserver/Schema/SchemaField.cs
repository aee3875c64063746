namespace Podwire.ApiServer.Schema;

/// <summary>One field of a type, with what strategic merge and server-side apply need of it.</summary>
internal sealed record SchemaField(string Name, SchemaShape Shape, bool IsRequired)
{
    /// <summary>x-kubernetes-patch-strategy contains merge.</summary>
    public bool Merges { get; init; }

    /// <summary>x-kubernetes-patch-strategy contains retainKeys.</summary>
    public bool RetainsKeys { get; init; }

    /// <summary>x-kubernetes-patch-merge-key.</summary>
    public string? MergeKey { get; init; }

    /// <summary>x-kubernetes-list-type: atomic, set, map.</summary>
    public string? ListType { get; init; }

    /// <summary>x-kubernetes-list-map-keys.</summary>
    public IReadOnlyList<string> ListKeys { get; init; } = [];

    /// <summary>x-kubernetes-map-type: atomic.</summary>
    public string? MapType { get; init; }

    /// <summary>An explicit 0 or false is not the same as none.</summary>
    public bool KeepsZero { get; init; }

    /// <summary>The protobuf field numbers from the type's message down to this field; more than one where JSON inlines a message.</summary>
    public int[] Numbers { get; init; } = [];

    /// <summary>What <c>kubectl explain</c> prints; empty where nobody wrote one yet.</summary>
    public string Text { get; init; } = string.Empty;
}
