using System.Text.Json;

namespace Podwire.ApiServer.Storage;

/// <summary>
/// One object at one revision: its UTF-8 JSON as it is served, and the header that selectors, guards and lookups need.
/// Immutable; shared among readers, watchers and the cache.
/// </summary>
internal sealed class StoredObject
{
    private StoredObject(StoredResource resource, string key, long revision, byte[] body)
    {
        Resource = resource;
        Key = key;
        Revision = revision;
        Body = body;
    }

    public StoredResource Resource { get; }

    /// <summary><c>namespace/name</c>, or <c>name</c> for cluster-scoped resources.</summary>
    public string Key { get; }

    /// <summary>The revision of the last change, metadata.resourceVersion.</summary>
    public long Revision { get; }

    public byte[] Body { get; }

    public string Namespace { get; private set; } = string.Empty;

    public string Name { get; private set; } = string.Empty;

    public string Uid { get; private set; } = string.Empty;

    public bool IsBeingDeleted { get; private set; }

    public IReadOnlyDictionary<string, string> Labels { get; private set; } = EmptyLabels;

    /// <summary>The values of the resource's selectable fields, in the order of <see cref="StoredResource.SelectableFields"/>; empty if unset.</summary>
    public string[] Fields { get; private set; } = [];

    private static readonly Dictionary<string, string> EmptyLabels = [];

    public static string KeyOf(string? @namespace, string name) => string.IsNullOrEmpty(@namespace) ? name : $"{@namespace}/{name}";

    /// <summary>Reads the header out of the object's JSON.</summary>
    public static StoredObject Read(StoredResource resource, string key, long revision, byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        var stored = new StoredObject(resource, key, revision, body);
        if (root.TryGetProperty("metadata"u8, out var metadata))
        {
            stored.Namespace = Text(metadata, "namespace");
            stored.Name = Text(metadata, "name");
            stored.Uid = Text(metadata, "uid");
            stored.IsBeingDeleted = metadata.TryGetProperty("deletionTimestamp"u8, out _);
            if (metadata.TryGetProperty("labels"u8, out var labels) && labels.ValueKind == JsonValueKind.Object)
            {
                var map = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var label in labels.EnumerateObject())
                {
                    map[label.Name] = label.Value.GetString() ?? string.Empty;
                }

                stored.Labels = map;
            }
        }

        if (resource.SelectableFields.Count > 0)
        {
            stored.Fields = [.. resource.SelectableFields.Select(path => Field(root, path))];
        }

        return stored;
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;

    private static string Field(JsonElement root, string path)
    {
        var element = root;
        foreach (var step in path.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(step, out element))
            {
                return string.Empty;
            }
        }

        return element.ValueKind switch
        {
            JsonValueKind.String => element.GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => element.GetRawText(),
            _ => string.Empty,
        };
    }
}
