using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.OpenApi;

/// <summary>
/// The OpenAPI v3 documents that kubectl validates, patches and explains with: an index at /openapi/v3 and one document per group
/// version, produced from the resource table and the schema. Made when first asked for, and again after a definition changed.
/// </summary>
internal sealed class OpenApiDocuments(ResourceCatalog catalog)
{
    private readonly ConcurrentDictionary<(string Path, long Version), (byte[] Body, string Hash)> documents = new();

    public byte[] Index()
    {
        var paths = new JsonObject();
        foreach (var path in Paths())
        {
            paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={Find(path)!.Value.Hash}" };
        }

        return JsonText.Bytes(new JsonObject { ["paths"] = paths });
    }

    /// <summary>The document of <c>api/v1</c> or <c>apis/GROUP/VERSION</c> and its hash; null if there is none.</summary>
    public (byte[] Body, string Hash)? Find(string path)
    {
        var catalogVersion = catalog.Version;
        if (documents.TryGetValue((path, catalogVersion), out var there))
        {
            return there;
        }

        var parts = path.Split('/');
        var (group, version) = parts switch
        {
            ["api", var core] => (string.Empty, core),
            ["apis", var name, var number] => (name, number),
            _ => (string.Empty, string.Empty),
        };
        var resources = catalog.In(group, version).ToArray();
        if (resources.Length == 0)
        {
            return null;
        }

        var body = JsonText.Bytes(new OpenApiDocument(ApiSchema.BuiltIn, resources).Build());
        foreach (var old in documents.Keys.Where(key => key.Version < catalogVersion))
        {
            documents.TryRemove(old, out _);
        }

        return documents.GetOrAdd((path, catalogVersion), (body, Convert.ToHexString(SHA256.HashData(body))));
    }

    private IEnumerable<string> Paths() => catalog.All.Select(resource => resource.Group.Length == 0 ? $"api/{resource.Version}" : $"apis/{resource.GroupVersion}").Distinct();
}
