using Podwire.Primitives;
using Podwire.Proxy.Select;
using Podwire.Proxy.State;
using Podwire.Ruleset;
using Podwire.Ruleset.IpSets;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>Turns one Service into virtual services, addresses and entries of sets. Pure and total: what cannot be used was left out when the Service was read.</summary>
internal sealed class IpvsCompiler
{
    private readonly ServiceRecord service;
    private readonly NodeState node;
    private readonly IpvsSettings settings;
    private readonly Func<FrontendKey, bool> mayUse;
    private readonly List<IpvsFrontend> frontends = [];
    private readonly SortedSet<IpAddress> addresses = [];
    private readonly HashSet<IpvsSetEntry> entries = [];
    private readonly List<IpvsServiceKey> denied = [];

    private IpvsCompiler(ServiceRecord service, NodeState node, IpvsSettings settings, Func<FrontendKey, bool> mayUse) =>
        (this.service, this.node, this.settings, this.mayUse) = (service, node, settings, mayUse);

    private IpFamily Family => settings.Family;

    /// <summary>Compiles for the settings' family.</summary>
    /// <param name="state">The Service with its endpoints.</param>
    /// <param name="node">The node.</param>
    /// <param name="settings">What else it depends on.</param>
    /// <param name="mayUse">False for a frontend that an older Service has; it is left out.</param>
    public static CompiledIpvs Compile(ServiceState state, NodeState node, IpvsSettings settings, Func<FrontendKey, bool>? mayUse = null)
    {
        if (!state.Service.Has(settings.Family))
        {
            return CompiledIpvs.None;
        }

        var compiler = new IpvsCompiler(state.Service, node, settings, mayUse ?? (static _ => true));
        return compiler.Compile(state);
    }

    private CompiledIpvs Compile(ServiceState state)
    {
        var policy = TrafficPolicy.Of(service);
        foreach (var port in service.Ports)
        {
            var selection = EndpointSelector.Select(state.EndpointsOf(port, Family), policy, node);
            var cluster = Destinations(selection.Cluster);
            var local = Destinations(selection.Local);
            // IPVS does not see where a connection comes from: with externalTrafficPolicy Local this node's clients too have the endpoints of this node,
            // and the others only where it has none, so that at least they are served (as kube-proxy does).
            var outside = service.ExternalLocal && !local.IsEmpty ? local : cluster;
            ClusterIp(port, service.InternalLocal ? local : cluster);
            ExternalIps(port, outside);
            LoadBalancers(port, outside);
            NodePort(port, outside);
            Hairpins(port, selection);
        }

        if (service.HealthCheckNodePort != 0 && frontends.Count > 0)
        {
            entries.Add(new(KubeIpSet.HealthCheckNodePort, IpSetEntry.OfPort(service.HealthCheckNodePort)));
        }

        foreach (var address in addresses)
        {
            entries.Add(new(KubeIpSet.IpvsIps, IpSetEntry.Of(address)));
        }

        return new()
        {
            Frontends = ValueList.From(frontends.InOrder(static (left, right) => left.Service.Key.CompareTo(right.Service.Key))),
            Addresses = [.. addresses],
            Entries = ValueList.From(entries.InOrder(static (left, right) => left.Set != right.Set ? ((byte)left.Set).CompareTo((byte)right.Set) : left.Entry.CompareTo(right.Entry))),
            DeniedToNode = ValueList.From(denied.InOrder()),
        };
    }

    private static ValueList<IpvsDestination> Destinations(IReadOnlyList<PortEndpoint> endpoints) =>
        ValueList.From(endpoints.Select(static endpoint => new IpvsDestination(endpoint.Target.Address, endpoint.Target.Port)).Distinct().InOrder());

    private void ClusterIp(PortRecord port, ValueList<IpvsDestination> destinations)
    {
        foreach (var address in service.ClusterIps.Where(address => address.Family == Family))
        {
            if (Add(new(address, port.Protocol, port.Port), address, port.Port, port.Protocol, destinations))
            {
                addresses.Add(address);
                entries.Add(new(KubeIpSet.ClusterIp, IpSetEntry.Of(address, port.Protocol, port.Port)));
            }
        }
    }

    private void ExternalIps(PortRecord port, ValueList<IpvsDestination> destinations)
    {
        foreach (var address in service.ExternalIps.Where(address => address.Family == Family))
        {
            if (Add(new(address, port.Protocol, port.Port), address, port.Port, port.Protocol, destinations))
            {
                Bind(address);
                entries.Add(new(service.ExternalLocal ? KubeIpSet.ExternalIpLocal : KubeIpSet.ExternalIp, IpSetEntry.Of(address, port.Protocol, port.Port)));
            }
        }
    }

    private void LoadBalancers(PortRecord port, ValueList<IpvsDestination> destinations)
    {
        var ranges = service.SourceRanges.Where(range => range.Family == Family).Distinct().ToList();
        foreach (var address in service.LoadBalancerIps.Where(address => address.Family == Family))
        {
            if (!Add(new(address, port.Protocol, port.Port), address, port.Port, port.Protocol, destinations))
            {
                continue;
            }

            Bind(address);
            var entry = IpSetEntry.Of(address, port.Protocol, port.Port);
            entries.Add(new(KubeIpSet.LoadBalancer, entry));
            if (service.ExternalLocal)
            {
                entries.Add(new(KubeIpSet.LoadBalancerLocal, entry));
            }

            // A range of everything guards nothing, and a set takes no prefix of length 0.
            if (ranges.Count == 0 || ranges.Exists(static range => range.Length == 0))
            {
                continue;
            }

            entries.Add(new(KubeIpSet.LoadBalancerFirewall, entry));
            foreach (var range in ranges)
            {
                entries.Add(new(KubeIpSet.LoadBalancerSourceCidr, IpSetEntry.Of(address, port.Protocol, port.Port, range.Masked)));
            }

            if (node.Addresses.Any(own => ranges.Exists(range => range.Contains(own))))
            {
                // The node speaks to an address that it holds from that very address.
                entries.Add(new(KubeIpSet.LoadBalancerSourceIp, IpSetEntry.Of(address, port.Protocol, port.Port, IpPrefix.Host(address))));
            }
            else
            {
                denied.Add(new(port.Protocol, address, port.Port));
            }
        }
    }

    private void NodePort(PortRecord port, ValueList<IpvsDestination> destinations)
    {
        var frontend = FrontendKey.NodePort(port.Protocol, port.NodePort);
        if (port.NodePort == 0 || !service.ClusterIps.Any(address => address.Family == Family))
        {
            return;
        }

        foreach (var address in settings.NodePortAddresses)
        {
            if (!Add(frontend, address, port.NodePort, port.Protocol, destinations))
            {
                return;
            }

            if (port.Protocol == IpProtocol.Sctp)
            {
                NodePortEntry(KubeIpSet.NodePortSctp, KubeIpSet.NodePortLocalSctp, IpSetEntry.Of(address, IpProtocol.Sctp, port.NodePort));
            }
        }

        if (port.Protocol == IpProtocol.Tcp)
        {
            NodePortEntry(KubeIpSet.NodePortTcp, KubeIpSet.NodePortLocalTcp, IpSetEntry.OfPort(port.NodePort));
        }
        else if (port.Protocol == IpProtocol.Udp)
        {
            NodePortEntry(KubeIpSet.NodePortUdp, KubeIpSet.NodePortLocalUdp, IpSetEntry.OfPort(port.NodePort));
        }
    }

    private void NodePortEntry(KubeIpSet set, KubeIpSet localSet, IpSetEntry entry)
    {
        entries.Add(new(set, entry));
        if (service.ExternalLocal)
        {
            entries.Add(new(localSet, entry));
        }
    }

    private void Hairpins(PortRecord port, EndpointSelection selection)
    {
        foreach (var (target, endpoint) in (IEnumerable<PortEndpoint>)[.. selection.Cluster, .. selection.Local])
        {
            if (endpoint.NodeName == node.Name)
            {
                entries.Add(new(KubeIpSet.LoopBack, IpSetEntry.Of(target.Address, port.Protocol, target.Port, IpPrefix.Host(target.Address))));
            }
        }
    }

    private void Bind(IpAddress address)
    {
        // An address that another interface has is local already.
        if (!settings.NodeAddresses.ToArray().Contains(address))
        {
            addresses.Add(address);
        }
    }

    private bool Add(FrontendKey frontend, IpAddress address, ushort port, IpProtocol protocol, ValueList<IpvsDestination> destinations)
    {
        if (!mayUse(frontend))
        {
            return false;
        }

        var key = new IpvsServiceKey(protocol, address, port);
        if (!frontends.Exists(other => other.Service.Key == key))
        {
            frontends.Add(new(frontend, new()
            {
                Key = key,
                Scheduler = settings.Scheduler,
                Flags = settings.SchedulerFlags | (service.AffinitySeconds > 0 ? IpvsServiceFlags.Persistent : IpvsServiceFlags.None),
                PersistenceSeconds = (uint)service.AffinitySeconds,
                Destinations = destinations,
            }));
        }

        return true;
    }
}
