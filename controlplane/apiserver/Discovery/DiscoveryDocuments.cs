using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;

namespace Podwire.ApiServer.Discovery;

/// <summary>What is served, in the legacy documents (/api, /apis, /apis/G/V) and the aggregated ones (apidiscovery.k8s.io/v2).</summary>
internal sealed class DiscoveryDocuments(ResourceCatalog catalog, string serverAddress)
{
    public byte[] LegacyVersions() => JsonText.Bytes(new JsonObject
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = serverAddress }),
    });

    public byte[] LegacyGroups() => JsonText.Bytes(new JsonObject
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = List(catalog.Groups.Select(Group)),
    });

    /// <summary>Null if there is no such group.</summary>
    public byte[]? LegacyGroup(string name)
    {
        if (catalog.Groups.FirstOrDefault(group => group.Key == name) is not { } found)
        {
            return null;
        }

        var document = new JsonObject { ["kind"] = "APIGroup", ["apiVersion"] = "v1" };
        foreach (var (key, value) in Group(found))
        {
            document[key] = value?.DeepClone();
        }

        return JsonText.Bytes(document);
    }

    /// <summary>Null if there is no such version.</summary>
    public byte[]? LegacyResources(string group, string version)
    {
        var resources = catalog.In(group, version).ToArray();
        return resources.Length == 0
            ? null
            : JsonText.Bytes(new JsonObject
            {
                ["kind"] = "APIResourceList",
                ["apiVersion"] = "v1",
                ["groupVersion"] = resources[0].GroupVersion,
                ["resources"] = List(resources.SelectMany(Legacy)),
            });
    }

    public byte[] AggregatedCore() => Aggregated([Aggregated(string.Empty, ["v1"])]);

    public byte[] AggregatedGroups() => Aggregated(catalog.Groups.Select(group => Aggregated(group.Key, group)));

    private static byte[] Aggregated(IEnumerable<JsonObject> groups) => JsonText.Bytes(new JsonObject
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = List(groups),
    });

    private static JsonObject Group(IGrouping<string, string> group)
    {
        static JsonObject Version(string group, string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
        return new JsonObject
        {
            ["name"] = group.Key,
            ["versions"] = List(group.Select(version => Version(group.Key, version))),
            ["preferredVersion"] = Version(group.Key, group.First()),
        };
    }

    private static IEnumerable<JsonObject> Legacy(ApiResource resource)
    {
        var main = new JsonObject
        {
            ["name"] = resource.Plural,
            ["singularName"] = resource.Singular,
            ["namespaced"] = resource.IsNamespaced,
            ["kind"] = resource.Kind,
            ["verbs"] = Strings(resource.Verbs),
        };
        if (resource.ShortNames.Length > 0)
        {
            main["shortNames"] = Strings(resource.ShortNames);
        }

        if (resource.Categories.Length > 0)
        {
            main["categories"] = Strings(resource.Categories);
        }

        yield return main;
        foreach (var subresource in Listed(resource))
        {
            var item = new JsonObject
            {
                ["name"] = $"{resource.Plural}/{subresource.Name}",
                ["singularName"] = string.Empty,
                ["namespaced"] = resource.IsNamespaced,
                ["kind"] = subresource.Kind,
                ["verbs"] = Strings(subresource.Verbs),
            };
            if (subresource.Group != resource.Group || subresource.Version != resource.Version)
            {
                item["group"] = subresource.Group;
                item["version"] = subresource.Version;
            }

            yield return item;
        }
    }

    private JsonObject Aggregated(string group, IEnumerable<string> versions)
    {
        var item = new JsonObject { ["metadata"] = new JsonObject { ["creationTimestamp"] = null } };
        if (group.Length > 0)
        {
            item["metadata"]!.AsObject()["name"] = group;
        }

        item["versions"] = List(versions.Select(version => new JsonObject
        {
            ["version"] = version,
            ["resources"] = List(catalog.In(group, version).Select(Aggregated)),
            ["freshness"] = "Current",
        }));
        return item;
    }

    private static JsonObject Aggregated(ApiResource resource)
    {
        var item = new JsonObject
        {
            ["resource"] = resource.Plural,
            ["responseKind"] = Kind(resource.Group, resource.Version, resource.Kind),
            ["scope"] = resource.IsNamespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = resource.Singular,
            ["verbs"] = Strings(resource.Verbs),
        };
        if (resource.ShortNames.Length > 0)
        {
            item["shortNames"] = Strings(resource.ShortNames);
        }

        if (resource.Categories.Length > 0)
        {
            item["categories"] = Strings(resource.Categories);
        }

        if (Listed(resource).Any())
        {
            item["subresources"] = List(Listed(resource).Select(subresource => new JsonObject
            {
                ["subresource"] = subresource.Name,
                ["responseKind"] = Kind(subresource.Group, subresource.Version, subresource.Kind),
                ["verbs"] = Strings(subresource.Verbs),
            }));
        }

        return item;
    }

    /// <summary>Subresources without verbs are known only to be refused by name.</summary>
    private static IEnumerable<ApiSubresource> Listed(ApiResource resource) => resource.Subresources.Where(subresource => subresource.Verbs.Length > 0);

    private static JsonObject Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static JsonArray Strings(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)JsonValue.Create(text))];

    private static JsonArray List(IEnumerable<JsonObject> items) => [.. items.Select(item => (JsonNode)item)];
}
