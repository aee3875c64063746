using Podwire.CniCalico.Agent.State;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Watch;

/// <summary>What of Services and their endpoints matters to announcements.</summary>
internal static class ServiceReader
{
    /// <summary>Reads all Services.</summary>
    public static IReadOnlyList<ServiceRecord> Read(IReadOnlyList<Service> services, IReadOnlyList<EndpointSlice> slices, string node)
    {
        var here = new HashSet<ObjectKey>();
        foreach (var slice in slices)
        {
            if (slice.Metadata.Labels.TryGetValue("kubernetes.io/service-name", out var name)
                && slice.Endpoints.Exists(endpoint => endpoint.NodeName == node && endpoint.Conditions?.Ready != false))
            {
                here.Add(new ObjectKey(slice.Metadata.Namespace ?? string.Empty, name));
            }
        }

        var records = new List<ServiceRecord>();
        foreach (var service in services)
        {
            var spec = service.Spec;
            if (spec is null || spec.Type == "ExternalName" || spec.ClusterIP is null or "" or "None")
            {
                continue;
            }

            records.Add(new ServiceRecord
            {
                ClusterIPs = Addresses(spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : [spec.ClusterIP]),
                ExternalIPs = Addresses(spec.ExternalIPs),
                LoadBalancerIPs = Addresses(service.Status?.LoadBalancer?.Ingress.Select(static ingress => ingress.Ip ?? string.Empty) ?? []),
                IsLocal = spec.ExternalTrafficPolicy == "Local",
                HasLocalEndpoint = here.Contains(ObjectKey.Of(service)),
            });
        }

        return records;
    }

    private static List<IpAddress> Addresses(IEnumerable<string> texts)
    {
        var addresses = new List<IpAddress>();
        foreach (var text in texts)
        {
            if (IpAddress.TryParse(text, out var address))
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }
}
