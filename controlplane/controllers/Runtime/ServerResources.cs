using System.Text.Json;
using Podwire.Kube;

namespace Podwire.Controllers.Runtime;

/// <summary>The resources that the API server serves, in the preferred version of each group.</summary>
/// <param name="Resources">Resources, without subresources.</param>
/// <param name="Missing">Groups whose discovery failed; what belongs to them is not known.</param>
internal sealed record ServerResources(IReadOnlyList<ApiResourceInfo> Resources, IReadOnlyList<string> Missing)
{
    /// <summary>Asks the API server.</summary>
    /// <exception cref="KubeApiException">It does not even list its groups.</exception>
    public static async Task<ServerResources> AskAsync(KubeClient client, CancellationToken cancel)
    {
        var resources = new List<ApiResourceInfo>();
        var missing = new List<string>();
        Read(await GetAsync(client, "api/v1", cancel).ConfigureAwait(false), resources);
        using var groups = JsonDocument.Parse(await GetAsync(client, "apis", cancel).ConfigureAwait(false));
        foreach (var group in List(groups.RootElement, "groups"))
        {
            var version = group.TryGetProperty("preferredVersion", out var preferred) ? Text(preferred, "groupVersion") : string.Empty;
            if (version.Length == 0)
            {
                continue;
            }

            try
            {
                Read(await GetAsync(client, $"apis/{version}", cancel).ConfigureAwait(false), resources);
            }
            catch (Exception failure) when (failure is KubeApiException or HttpRequestException or IOException or TimeoutException or JsonException)
            {
                missing.Add(version);
            }
        }

        return new(resources, missing);
    }

    /// <summary>True if a resource is served: PLURAL or PLURAL.GROUP.</summary>
    public bool Serves(string id) => Resources.Any(resource => resource.Id == id);

    /// <summary>The resource of a kind, in any version of the group of <paramref name="apiVersion"/>; null if it is not served.</summary>
    public ApiResourceInfo? OfKind(string apiVersion, string kind)
    {
        var group = ApiResourceInfo.GroupOf(apiVersion);
        return Resources.FirstOrDefault(resource => resource.Kind == kind && resource.Group == group);
    }

    private static Task<byte[]> GetAsync(KubeClient client, string path, CancellationToken cancel) => client.SendRawAsync(HttpMethod.Get, path, default, null, cancel);

    private static void Read(byte[] json, List<ApiResourceInfo> into)
    {
        using var document = JsonDocument.Parse(json);
        var groupVersion = Text(document.RootElement, "groupVersion");
        var group = ApiResourceInfo.GroupOf(groupVersion);
        var version = group.Length == 0 ? groupVersion : groupVersion[(group.Length + 1)..];
        foreach (var resource in List(document.RootElement, "resources"))
        {
            var name = Text(resource, "name");
            if (name.Length > 0 && !name.Contains('/'))
            {
                var verbs = List(resource, "verbs").Select(verb => verb.GetString() ?? string.Empty).ToList();
                into.Add(new(group, version, name, Text(resource, "kind"), resource.TryGetProperty("namespaced", out var namespaced) && namespaced.ValueKind == JsonValueKind.True, verbs));
            }
        }
    }

    private static IEnumerable<JsonElement> List(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var text) ? text.GetString() ?? string.Empty : string.Empty;
}
