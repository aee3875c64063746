using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>A Service with externalTrafficPolicy Local, and its endpoints as the tests want them.</summary>
internal static class LocalService
{
    /// <summary>Makes it, as the API server and a balancer have it.</summary>
    public static async Task CreateAsync(CalicoNetwork network, string name, string cluster, string external, string balanced)
    {
        var service = await network.Api.Client.CreateAsync(KubeResources.Services, new Service
        {
            Metadata = { Name = name, Namespace = "default" },
            Spec = { Type = "LoadBalancer", ClusterIP = cluster, ExternalIPs = [external], ExternalTrafficPolicy = "Local", Ports = [new ServicePort { Name = "http", Port = Greeter.Port }] },
        }, TestApi.Cancel);
        service.Status.LoadBalancer = new LoadBalancerStatus { Ingress = [new LoadBalancerIngress { Ip = balanced }] };
        await network.Api.Client.UpdateStatusAsync(KubeResources.Services, service, TestApi.Cancel);
    }

    /// <summary>Endpoints on these nodes and nowhere else; «!» before one that is not ready.</summary>
    public static async Task EndpointsAsync(CalicoNetwork network, string service, params string[] nodes)
    {
        var name = $"{service}-1";
        List<Endpoint> endpoints = [.. nodes.Select(static (node, i) => new Endpoint { Addresses = [$"10.244.99.{i + 1}"], NodeName = node.TrimStart('!'), Conditions = new EndpointConditions { Ready = !node.StartsWith('!') } })];
        if (await network.Api.Client.TryGetAsync(KubeResources.EndpointSlices, "default", name, TestApi.Cancel) is null)
        {
            await network.Api.Client.CreateAsync(
                KubeResources.EndpointSlices,
                new EndpointSlice { Metadata = { Name = name, Namespace = "default", Labels = { ["kubernetes.io/service-name"] = service } }, AddressType = "IPv4", Endpoints = endpoints, Ports = [new EndpointPort { Name = "http", Port = Greeter.Port }] },
                TestApi.Cancel);
            return;
        }

        await network.ChangeAsync(KubeResources.EndpointSlices, name, slice => slice.Endpoints = endpoints, "default");
    }
}
