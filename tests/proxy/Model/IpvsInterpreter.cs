using Podwire.Primitives;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Ruleset.IpSets;

namespace Podwire.Proxy.Tests.Model;

/// <summary>What becomes of the first packet of a connection under mode ipvs: the fixed chains, the sets and the virtual services of a model, interpreted.</summary>
internal sealed class IpvsInterpreter(IpvsModel model, IReadOnlySet<IpAddress> local)
{
    public HashSet<PacketOutcome> Outcomes(TestPacket packet)
    {
        var isHere = local.Contains(packet.Destination) || model.Addresses.Contains(packet.Destination);
        if (model.Find(new(packet.Protocol, packet.Destination, packet.Port)) is not { } service || !isHere)
        {
            return [Has(KubeIpSet.IpvsIps, IpSetEntry.Of(packet.Destination)) ? PacketOutcome.Refused : PacketOutcome.To(new(packet.Destination, packet.Port), false)];
        }

        var at = IpSetEntry.Of(packet.Destination, packet.Protocol, packet.Port);
        if (packet.Interface is null)
        {
            if (model.DeniedToNode.Contains(service.Key))
            {
                return [PacketOutcome.Dropped];
            }
        }
        else if (Has(KubeIpSet.LoadBalancerFirewall, at) && !IsLetIn(packet))
        {
            return [PacketOutcome.Dropped];
        }

        if (service.Destinations.IsEmpty)
        {
            return [PacketOutcome.Refused];
        }

        var masqueraded = IsMarked(packet, at);
        var outcomes = new HashSet<PacketOutcome>();
        foreach (var destination in service.Destinations)
        {
            var hairpin = destination.Address == packet.Source && Has(KubeIpSet.LoopBack, IpSetEntry.Of(destination.Address, packet.Protocol, destination.Port, IpPrefix.Host(destination.Address)));
            outcomes.Add(PacketOutcome.To(new(destination.Address, destination.Port), masqueraded || hairpin));
        }

        return outcomes;
    }

    /// <summary>KUBE-SERVICES of the nat table, in its order.</summary>
    private bool IsMarked(TestPacket packet, IpSetEntry at)
    {
        var settings = model.Settings.Common;
        if (packet.Source.IsLoopback)
        {
            return false;
        }

        var marked = Has(KubeIpSet.LoadBalancer, at) && !Has(KubeIpSet.LoadBalancerLocal, at);
        marked |= Has(KubeIpSet.ClusterIp, at) && (settings.MasqueradeAll || (settings.Pods.Source is { } pods && !pods.Contains(packet.Source)));
        if (Has(KubeIpSet.ExternalIp, at))
        {
            return true;
        }

        if (Has(KubeIpSet.ExternalIpLocal, at))
        {
            // Every packet that comes here is for a local address, and goes no further.
            return marked;
        }

        var port = packet.Protocol switch
        {
            IpProtocol.Tcp => (KubeIpSet.NodePortLocalTcp, KubeIpSet.NodePortTcp, IpSetEntry.OfPort(packet.Port)),
            IpProtocol.Udp => (KubeIpSet.NodePortLocalUdp, KubeIpSet.NodePortUdp, IpSetEntry.OfPort(packet.Port)),
            _ => (KubeIpSet.NodePortLocalSctp, KubeIpSet.NodePortSctp, at),
        };
        return marked || (!Has(port.Item1, port.Item3) && Has(port.Item2, port.Item3));
    }

    private bool IsLetIn(TestPacket packet) => Has(KubeIpSet.LoadBalancerSourceIp, IpSetEntry.Of(packet.Destination, packet.Protocol, packet.Port, IpPrefix.Host(packet.Source)))
        || model.Entries.Any(entry => entry.Set == KubeIpSet.LoadBalancerSourceCidr && entry.Entry.Address.Address == packet.Destination && entry.Entry.Protocol == packet.Protocol
            && entry.Entry.Port == packet.Port && entry.Entry.Second.Contains(packet.Source));

    private bool Has(KubeIpSet set, IpSetEntry entry) => model.Entries.Contains(new(set, entry));
}
