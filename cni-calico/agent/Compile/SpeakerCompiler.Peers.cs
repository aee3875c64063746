using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Selectors;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <content>Sessions with BGPPeers.</content>
internal sealed partial class SpeakerCompiler
{
    private void AddPeer(BgpPeer peer)
    {
        var spec = peer.Spec;
        CalicoSelector? there = null;
        CalicoSelector here, pods;
        try
        {
            here = CalicoSelector.Parse(spec.NodeSelector);
            there = spec.PeerSelector is { Length: > 0 } text ? CalicoSelector.Parse(text) : null;
            pods = CalicoSelector.Parse(spec.LocalWorkloadSelector);
        }
        catch (FormatException e)
        {
            Wrong(peer, e.Message);
            return;
        }

        bool Has(NodeRecord node) => spec.Node is { Length: > 0 } name ? node.Name == name : here.Matches(node.Labels);
        if (spec.LocalWorkloadSelector is { Length: > 0 })
        {
            if (Has(snapshot.Self))
            {
                AddWorkloads(peer, pods);
            }

            return;
        }

        if (there is null)
        {
            if (Has(snapshot.Self))
            {
                AddExternal(peer);
            }

            return;
        }

        if (spec.PeerIP is { Length: > 0 })
        {
            Wrong(peer, "spec has peerIP and peerSelector; one of them is to go");
            return;
        }

        var mine = Has(snapshot.Self);
        var reverse = spec.ReversePeering != "Manual" && there.Matches(snapshot.Self.Labels);
        foreach (var other in snapshot.Others)
        {
            if ((mine && there.Matches(other.Labels)) || (reverse && Has(other)))
            {
                foreach (var (local, remote) in Pairs(other))
                {
                    Add(peer, remote, Port(other), other.Asn ?? clusterAsn, local, other.Name, other.ClusterId);
                }
            }
        }
    }

    /// <summary>Sessions with this node's own pods, at their addresses.</summary>
    private void AddWorkloads(BgpPeer peer, CalicoSelector pods)
    {
        if (HasPlace(peer) || TheirAsn(peer) is not { } theirs)
        {
            return;
        }

        foreach (var pod in snapshot.Workloads.Where(pod => pods.Matches(pod.Labels)))
        {
            foreach (var address in pod.Addresses)
            {
                var local = address.IsV4 ? snapshot.Self.V4.Address : snapshot.Self.V6.Address;
                if (!local.IsNone && address != local)
                {
                    Add(peer, address, null, theirs, local, pod.Name, default);
                }
            }
        }
    }

    private bool HasPlace(BgpPeer peer)
    {
        var has = peer.Spec.PeerIP is { Length: > 0 } || peer.Spec.PeerSelector is { Length: > 0 };
        if (has)
        {
            Wrong(peer, "spec has localWorkloadSelector and peerIP or peerSelector; one of them is to go");
        }

        return has;
    }

    private void AddExternal(BgpPeer peer)
    {
        if (End(peer) is not var (address, port) || TheirAsn(peer) is not { } theirs)
        {
            return;
        }

        var local = address.IsV4 ? snapshot.Self.V4.Address : snapshot.Self.V6.Address;
        if (address == snapshot.Self.V4.Address || address == snapshot.Self.V6.Address)
        {
            // A peer for all nodes that is one of them.
            return;
        }

        var node = snapshot.Others.FirstOrDefault(other => other.V4.Address == address || other.V6.Address == address);
        Add(peer, address, port ?? (node is null ? null : Port(node)), theirs, local, peer.Metadata.Name, node?.ClusterId ?? default);
    }

    private void Add(BgpPeer peer, IpAddress remote, int? port, uint theirs, IpAddress local, string description, IpAddress theirCluster)
    {
        var spec = peer.Spec;
        if (neighbors.ContainsKey(remote))
        {
            return;
        }

        var password = Password("BGPPeer", peer.Metadata.Name, spec.Password, out var isMissing);
        if (isMissing)
        {
            return;
        }

        var neighbor = Neighbor(remote, theirs, spec.SourceAddress == "None" ? default : local, description);
        Put(neighbor, "port", port);
        Put(neighbor, "localAsn", spec.LocalASNumber is { } other and > 0 ? other : null);
        Put(neighbor, "gracefulRestart", Seconds("BGPPeer", peer.Metadata.Name, "maxRestartTime", spec.MaxRestartTime, 4095));
        Put(neighbor, "keepaliveTime", Seconds("BGPPeer", peer.Metadata.Name, "keepaliveTime", spec.KeepaliveTime, 21845));
        Put(neighbor, "allowOwnAs", spec.NumAllowedLocalASNumbers is > 0 and <= 10 ? spec.NumAllowedLocalASNumbers : null);
        Put(neighbor, "ttlSecurity", spec.TtlSecurity is > 0 and <= 254 ? spec.TtlSecurity : null);
        var keeps = spec.KeepOriginalNextHop || spec.NextHopMode == "Keep";
        if (keeps)
        {
            neighbor["keepNextHop"] = true;
        }
        else if (spec.NextHopMode == "Self")
        {
            neighbor["nextHopSelf"] = true;
        }

        if (spec.ReachableBy is { Length: > 0 } by)
        {
            if (IpAddress.TryParse(by, out var gateway) && gateway.Family == remote.Family)
            {
                ways.Add(new PlannedRoute(IpPrefix.Host(remote), RouteWay.Direct, gateway));
            }
            else
            {
                Wrong(peer, $"spec.reachableBy: '{by}' is no address of {remote}'s family");
            }
        }

        // Reflectors of one cluster are no clients of one another.
        if (snapshot.Self.IsReflector && theirs == asn && theirCluster != snapshot.Self.ClusterId)
        {
            neighbor["routeReflectorClient"] = true;
        }

        if (password is not null)
        {
            neighbor["password"] = password;
        }

        var filters = FiltersOf(peer);
        neighbor["export"] = Policy(ExportRules(remote.Family, keeps || (theirs == asn && spec.NextHopMode != "Self"), theirs, filters), isExport: true);
        if (ImportRules(remote.Family, theirs, filters) is { Count: > 0 } rules)
        {
            neighbor["import"] = Policy(rules, isExport: false);
        }

        neighbors[remote] = neighbor;
        peers[remote] = peer.Metadata.Name;
    }

    /// <summary>Where an external peer is: an address, with a port perhaps.</summary>
    private (IpAddress Address, int? Port)? End(BgpPeer peer)
    {
        var text = peer.Spec.PeerIP ?? string.Empty;
        if (IpAddress.TryParse(text, out var address))
        {
            return (address, null);
        }

        var colon = text.LastIndexOf(':');
        if (colon > 0 && IpAddress.TryParse(text.AsSpan(0, colon).Trim('[').Trim(']'), out address) && int.TryParse(text.AsSpan(colon + 1), out var port) && port is >= 1 and <= 65535)
        {
            return (address, port);
        }

        Wrong(peer, $"spec.peerIP: '{text}' is no address");
        return null;
    }

    private uint? TheirAsn(BgpPeer peer)
    {
        if (peer.Spec.AsNumber is { } asn and > 0)
        {
            return asn;
        }

        Wrong(peer, "spec.asNumber is missing");
        return null;
    }

    private void Wrong(BgpPeer peer, string text) => problems.Add(new Problem("BGPPeer", peer.Metadata.Name, text));
}
