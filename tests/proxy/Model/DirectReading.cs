using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Tests.Model;

/// <summary>
/// What the API says a connection should meet, read from the objects one by one, slowly, and with nothing in common with the compiler:
/// the yardstick of the property tests. kube-proxy's iptables chains differ in four points, marked here: they refuse
/// node ports without endpoints at every local address, they let the node itself pass to external
/// addresses without endpoints, they let unused ports of cluster IPs pass, and without endpoints they refuse before they look at source ranges.
/// </summary>
internal sealed class DirectReading(IReadOnlyCollection<ServiceState> services, NodeState node, TableSettings settings, IReadOnlySet<IpAddress> local, bool iptables = false)
{
    public HashSet<PacketOutcome> Outcomes(TestPacket packet)
    {
        var byAge = services.OrderBy(state => state.Service.Created).ThenBy(state => state.Service.Key).ToList();
        foreach (var state in byAge)
        {
            foreach (var port in state.Service.Ports.Where(port => port.Protocol == packet.Protocol && port.Port == packet.Port))
            {
                if (state.Service.ClusterIps.Contains(packet.Destination))
                {
                    return Inside(state, port, packet);
                }

                if (state.Service.ExternalIps.Contains(packet.Destination))
                {
                    return Outside(state, port, packet);
                }

                if (state.Service.LoadBalancerIps.Contains(packet.Destination))
                {
                    return IsLetIn(state.Service, packet) || (iptables && !HasAny(state, port)) ? Outside(state, port, packet) : [PacketOutcome.Dropped];
                }
            }
        }

        if (local.Contains(packet.Destination) && (iptables || !packet.Destination.IsLoopback))
        {
            foreach (var state in byAge.Where(state => state.Service.ClusterIps.Any(address => address.Family == settings.Family)))
            {
                foreach (var port in state.Service.Ports.Where(port => port.Protocol == packet.Protocol && port.NodePort == packet.Port && port.NodePort != 0))
                {
                    if (!packet.Destination.IsLoopback)
                    {
                        return Outside(state, port, packet);
                    }

                    // Never led anywhere, but refused all the same.
                    if (!HasAny(state, port) || (state.Service.ExternalLocal && Local(state, port).Count == 0))
                    {
                        return [HasAny(state, port) ? PacketOutcome.Dropped : PacketOutcome.Refused];
                    }
                }
            }
        }

        var isClusterIp = byAge.Any(state => state.Service.Ports.Length > 0 && state.Service.ClusterIps.Contains(packet.Destination));
        return [isClusterIp && !iptables ? PacketOutcome.Refused
            : !local.Contains(packet.Destination) && settings.ServiceCidrs.Any(range => range.Contains(packet.Destination)) ? PacketOutcome.Dropped
            : PacketOutcome.To(new(packet.Destination, packet.Port), false)];
    }

    private HashSet<PacketOutcome> Inside(ServiceState state, PortRecord port, TestPacket packet)
    {
        var fromOutside = settings.MasqueradeAll || (settings.Pods.Source is { } pods && !pods.Contains(packet.Source));
        return Result(state, port, state.Service.InternalLocal ? Local(state, port) : Everywhere(state, port), packet, fromOutside);
    }

    private HashSet<PacketOutcome> Outside(ServiceState state, PortRecord port, TestPacket packet)
    {
        if (iptables && packet.Interface is null && !local.Contains(packet.Destination) && !HasAny(state, port))
        {
            return [PacketOutcome.To(new(packet.Destination, packet.Port), false)];
        }

        if (!state.Service.ExternalLocal)
        {
            return Result(state, port, Everywhere(state, port), packet, true);
        }

        if (settings.Pods.Source is { } pods && pods.Contains(packet.Source))
        {
            return Result(state, port, Everywhere(state, port), packet, false);
        }

        return local.Contains(packet.Source)
            ? Result(state, port, Everywhere(state, port), packet, true)
            : Result(state, port, Local(state, port), packet, false);
    }

    private HashSet<PacketOutcome> Result(ServiceState state, PortRecord port, List<(EndpointAddress At, EndpointRecord Endpoint)> chosen, TestPacket packet, bool masqueraded)
    {
        if (chosen.Count > 0)
        {
            return [.. chosen.Select(one => PacketOutcome.To(one.At, masqueraded || (one.At.Address == packet.Source && one.Endpoint.NodeName == node.Name)))];
        }

        return [HasAny(state, port) ? PacketOutcome.Dropped : PacketOutcome.Refused];
    }

    private bool HasAny(ServiceState state, PortRecord port) => All(state, port).Any(one => one.Endpoint.IsReady || one.Endpoint.IsLastResort);

    private bool IsLetIn(ServiceRecord service, TestPacket packet)
    {
        var ranges = service.SourceRanges.Where(range => range.Family == settings.Family).ToList();
        return ranges.Count == 0 || ranges.Any(range => range.Contains(packet.Source))
            || (packet.Source == packet.Destination && node.Addresses.Any(address => ranges.Any(range => range.Contains(address))))
            || (service.LoadBalancerIps.Contains(packet.Source) && node.Addresses.Any(address => ranges.Any(range => range.Contains(address))));
    }

    private List<(EndpointAddress At, EndpointRecord Endpoint)> All(ServiceState state, PortRecord port) =>
    [
        .. state.Slices.Where(slice => slice.Family == settings.Family)
            .SelectMany(slice => slice.Ports.Where(p => p.Name == port.Name && p.Protocol == port.Protocol).SelectMany(p => slice.Endpoints.Select(e => (new EndpointAddress(e.Address, p.Port), e))))
            .DistinctBy(pair => pair.Item1),
    ];

    private List<(EndpointAddress At, EndpointRecord Endpoint)> Everywhere(ServiceState state, PortRecord port)
    {
        var ready = All(state, port).Where(one => one.Endpoint.IsReady).ToList();
        if (ready.Count == 0)
        {
            return [.. All(state, port).Where(one => one.Endpoint.IsLastResort)];
        }

        var forNode = ready.Where(one => one.Endpoint.NodeHints.Contains(node.Name)).ToList();
        if (forNode.Count > 0 && ready.All(one => one.Endpoint.NodeHints.Length > 0))
        {
            return forNode;
        }

        var forZone = ready.Where(one => node.Zone is not null && one.Endpoint.ZoneHints.Contains(node.Zone)).ToList();
        return forZone.Count > 0 && ready.All(one => one.Endpoint.ZoneHints.Length > 0) ? forZone : ready;
    }

    private List<(EndpointAddress At, EndpointRecord Endpoint)> Local(ServiceState state, PortRecord port)
    {
        var here = All(state, port).Where(one => one.Endpoint.NodeName == node.Name).ToList();
        var ready = here.Where(one => one.Endpoint.IsReady).ToList();
        return ready.Count > 0 ? ready : [.. here.Where(one => one.Endpoint.IsLastResort)];
    }
}
