using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>Reads from pods and nodes what a service's endpoints are. Pure.</summary>
internal static class EndpointReader
{
    /// <summary>The label of the zone that a node is in.</summary>
    public const string ZoneLabel = "topology.kubernetes.io/zone";

    /// <summary>
    /// The service's endpoints of one address family, grouped by their ports. A pod is one if it has an address of the family, has not
    /// ended, and its node exists (unless the service publishes addresses that are not ready); one being deleted stays, marked as terminating.
    /// </summary>
    /// <param name="service">A service with a selector.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="node">A node by name, or null.</param>
    /// <param name="family">The family.</param>
    public static SortedDictionary<string, EndpointGroup> Read(Service service, IEnumerable<Pod> pods, Func<string, Node?> node, IpFamily family)
    {
        var groups = new SortedDictionary<string, EndpointGroup>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            if (PodFacts.HasEnded(pod) || Address(pod, family) is not { } address)
            {
                continue;
            }

            var host = PodFacts.IsBound(pod) ? node(pod.Spec.NodeName!) : null;
            if (PodFacts.IsBound(pod) && host is null && service.Spec.PublishNotReadyAddresses != true)
            {
                continue;
            }

            var ports = Ports(service, pod);
            var key = EndpointGroup.Key(ports);
            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = new(ports, new(StringComparer.Ordinal));
            }

            group.Endpoints[pod.Metadata.Uid ?? PodFacts.Key(pod)] = Endpoint(service, pod, host, address);
        }

        return groups;
    }

    /// <summary>The families that the service has addresses of; IPv4 where it does not say.</summary>
    public static IReadOnlyList<IpFamily> Families(Service service)
    {
        if (service.Spec.IPFamilies.Count > 0)
        {
            return [.. service.Spec.IPFamilies.Select(name => name == "IPv6" ? IpFamily.V6 : IpFamily.V4).Distinct()];
        }

        return IpAddress.TryParse(service.Spec.ClusterIP, out var address) ? [address.Family] : [IpFamily.V4];
    }

    /// <summary>True for a service without a cluster address.</summary>
    public static bool IsHeadless(Service service) => service.Spec.ClusterIP is null or "" or "None";

    /// <summary>The first address of a family that the pod has, or null.</summary>
    public static string? Address(Pod pod, IpFamily family)
    {
        var texts = pod.Status.PodIPs.Select(ip => ip.Ip).Prepend(pod.Status.PodIP ?? string.Empty);
        return texts.FirstOrDefault(text => IpAddress.TryParse(text, out var address) && address.Family == family);
    }

    /// <summary>
    /// The service's ports at one pod: a named target is looked up among the ports of the pod's containers, by name and protocol; a port whose
    /// target the pod does not have is left out.
    /// </summary>
    public static List<EndpointPort> Ports(Service service, Pod pod)
    {
        var ports = new List<EndpointPort>();
        foreach (var port in service.Spec.Ports)
        {
            if (TargetPort(port, pod) is { } number)
            {
                ports.Add(new() { Name = port.Name ?? string.Empty, Protocol = port.Protocol ?? "TCP", Port = number, AppProtocol = port.AppProtocol });
            }
        }

        return ports;
    }

    private static int? TargetPort(ServicePort port, Pod pod)
    {
        var target = port.TargetPort ?? port.Port;
        if (target.IsInt)
        {
            return target.Number == 0 ? port.Port : target.Number;
        }

        var containers = pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(container => container.RestartPolicy == "Always"));
        return containers
            .SelectMany(container => container.Ports)
            .FirstOrDefault(candidate => candidate.Name == target.Text && (candidate.Protocol ?? "TCP") == (port.Protocol ?? "TCP"))
            ?.ContainerPortNumber;
    }

    private static Endpoint Endpoint(Service service, Pod pod, Node? host, string address)
    {
        var serving = PodFacts.IsReady(pod);
        var terminating = pod.Metadata.DeletionTimestamp is not null;
        var zone = host?.Metadata.Labels.GetValueOrDefault(ZoneLabel);
        return new()
        {
            Addresses = [address],
            Conditions = new()
            {
                Ready = service.Spec.PublishNotReadyAddresses == true || (serving && !terminating),
                Serving = serving,
                Terminating = terminating,
            },
            Hostname = !string.IsNullOrEmpty(pod.Spec.Hostname) && pod.Spec.Subdomain == service.Metadata.Name ? pod.Spec.Hostname : null,
            NodeName = pod.Spec.NodeName,
            Zone = zone,
            TargetRef = new() { Kind = "Pod", Namespace = pod.Metadata.Namespace, Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            Hints = service.Spec.TrafficDistribution == "PreferClose" && zone is not null ? new() { ForZones = [new() { Name = zone }] } : null,
        };
    }
}
