using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Services;
using Podwire.ApiServer.Storage;

namespace Podwire.ApiServer;

/// <summary>What every cluster has from the start: four namespaces with their default account, and the kubernetes Service with its endpoint.</summary>
internal sealed class Bootstrap(ObjectStore store, ResourceCatalog catalog, ServiceAllocations allocations, TimeProvider time, ILogger logger)
{
    private const string ServiceName = "kubernetes";
    private static readonly string[] Namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

    /// <summary>Brings the address and port allocators to what the stored services hold.</summary>
    public void RepairAllocations()
    {
        foreach (var stored in store.Snapshot(catalog["", "v1", "services"].Stored).All)
        {
            foreach (var problem in allocations.Adopt((JsonObject)JsonText.Parse(stored.Body)!))
            {
                ApiServerLog.ServiceConflict(logger, stored.Key, problem);
            }
        }
    }

    public async Task RunAsync(string serviceIp, string advertise, int port)
    {
        foreach (var name in Namespaces)
        {
            await EnsureAsync(catalog.Namespaces, null, Item("v1", "Namespace", name, null));
        }

        foreach (var @namespace in store.Snapshot(catalog.Namespaces.Stored).All.ToArray().Where(stored => !stored.IsBeingDeleted))
        {
            await EnsureAccountAsync(@namespace.Name);
        }

        var ports = new JsonArray(new JsonObject { ["name"] = "https", ["protocol"] = "TCP", ["port"] = 443L, ["targetPort"] = (long)port });
        var service = Item("v1", "Service", ServiceName, "default");
        service.Object("metadata")!["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" };
        service["spec"] = new JsonObject { ["clusterIP"] = serviceIp, ["clusterIPs"] = new JsonArray(serviceIp), ["ports"] = ports };
        await EnsureAsync(catalog["", "v1", "services"], "default", service, current => current.Ensure("spec")["ports"] = ports.DeepClone());

        var endpoints = new JsonArray(new JsonObject { ["addresses"] = new JsonArray(advertise), ["conditions"] = new JsonObject { ["ready"] = true } });
        var endpointPorts = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = (long)port, ["protocol"] = "TCP" });
        var slice = Item("discovery.k8s.io/v1", "EndpointSlice", ServiceName, "default");
        slice.Object("metadata")!["labels"] = new JsonObject { ["kubernetes.io/service-name"] = ServiceName };
        slice["addressType"] = "IPv4";
        slice["endpoints"] = endpoints;
        slice["ports"] = endpointPorts;
        await EnsureAsync(catalog["discovery.k8s.io", "v1", "endpointslices"], "default", slice, current =>
        {
            current["endpoints"] = endpoints.DeepClone();
            current["ports"] = endpointPorts.DeepClone();
        });
    }

    /// <summary>Gives a namespace its default account.</summary>
    public Task EnsureAccountAsync(string @namespace) =>
        EnsureAsync(catalog["", "v1", "serviceaccounts"], @namespace, Item("v1", "ServiceAccount", "default", @namespace));

    private static JsonObject Item(string apiVersion, string kind, string name, string? @namespace)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (@namespace is not null)
        {
            metadata["namespace"] = @namespace;
        }

        return new JsonObject { ["kind"] = kind, ["apiVersion"] = apiVersion, ["metadata"] = metadata };
    }

    /// <summary>Creates what is missing; brings what <paramref name="repair"/> sets up to date in what is there.</summary>
    private async Task EnsureAsync(ApiResource resource, string? @namespace, JsonObject item, Action<JsonObject>? repair = null)
    {
        var key = StoredObject.KeyOf(@namespace, item.Object("metadata").Text("name")!);
        if (store.Get(resource.Stored, key) is not { } stored)
        {
            resource.Strategy.SetDefaults(item);
            ObjectMetaRules.PrepareForCreate(item, @namespace, resource.Strategy, time);
            resource.Strategy.PrepareForCreate(item);
            resource.Strategy.SetDefaults(item);
            using var reservation = resource.Hook?.Reserve(resource, item, null);
            var outcome = await store.WriteAsync(new WriteRequest(WriteKind.Create, resource.Stored, key, 0, revision => ResourceWriter.Encode(item, revision)));
            if (outcome.Result == WriteResult.Written)
            {
                reservation?.Commit();
            }

            return;
        }

        var current = (JsonObject)JsonText.Parse(stored.Body)!;
        var before = current.DeepClone();
        repair?.Invoke(current);
        if (!JsonNode.DeepEquals(current, before))
        {
            await store.WriteAsync(new WriteRequest(WriteKind.Update, resource.Stored, key, stored.Revision, revision => ResourceWriter.Encode(current, revision)));
        }
    }
}
