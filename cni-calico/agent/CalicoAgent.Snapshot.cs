using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Daemon;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent;

/// <content>What routes, rules and sessions follow from: the objects, and this node as its links have it.</content>
internal sealed partial class CalicoAgent
{
    private static IpAddress Annotated(Node self, string name) => self.Metadata.Annotations.TryGetValue(name, out var text) && IpAddress.TryParse(text, out var address) ? address : default;

    /// <summary>This node as its links have it: the annotation's address if a link has that, or else the Node's internal one.</summary>
    private (NodeRecord Record, int Underlay)? Own(Node self)
    {
        var record = NodeRecord.Read(self);
        if (record.Problem != nonsense && record.Problem is { } problem)
        {
            CalicoLog.ObjectRefused(logger, "Node", options.NodeName, problem);
            events.Warning(self, "CalicoObjectRefused", problem);
        }

        nonsense = record.Problem;

        var found = Find(record.V4.Address, self, IpFamily.V4);
        if (found is not { } v4)
        {
            Wait($"node {options.NodeName} has no IPv4 address that is on one of its links (status.addresses InternalIP)");
            return null;
        }

        return (record with { V4 = v4.Address, V6 = Find(record.V6.Address, self, IpFamily.V6)?.Address ?? default }, v4.Index);
    }

    private (int Index, IpPrefix Address)? Find(IpAddress annotated, Node self, IpFamily family)
    {
        if (!annotated.IsNone && routes.LinkOf(annotated) is { } there)
        {
            return there;
        }

        foreach (var entry in self.Status.Addresses)
        {
            if (entry.Type == "InternalIP" && IpAddress.TryParse(entry.Address, out var address) && address.Family == family && routes.LinkOf(address) is { } link)
            {
                return link;
            }
        }

        return null;
    }

    private CalicoSnapshot Snapshot(NodeRecord self, CancellationToken cancel)
    {
        var bgp = Watch.Bgp();
        var blocks = new List<BlockRecord>();
        var borrowed = new HashSet<IpAddress>(Allocator.Borrowed);
        foreach (var block in Watch.Blocks.List())
        {
            if (BlockRecord.Read(block) is not { } record)
            {
                continue;
            }

            blocks.Add(record);
            foreach (var (address, at) in record.Elsewhere)
            {
                if (at == options.NodeName)
                {
                    borrowed.Add(address);
                }
            }
        }

        var filters = new Dictionary<string, BgpFilter>(StringComparer.Ordinal);
        foreach (var filter in Watch.Filters.List())
        {
            filters[filter.Metadata.Name] = filter;
        }

        return new CalicoSnapshot
        {
            Self = self,
            Others = [.. Watch.Nodes.List().Where(node => node.Metadata.Name != options.NodeName).Select(node => NodeRecord.Read(node) with { Port = Watch.PortOf(node.Metadata.Name) }).OrderBy(static node => node.Name, StringComparer.Ordinal)],
            Pools = Watch.Pools,
            Blocks = blocks,
            OwnBlocks = Allocator.OwnBlocks,
            Borrowed = [.. borrowed],
            Bgp = bgp,
            Peers = Watch.Peers.List(),
            Filters = filters,
            Secrets = Watch.Passwords(),
            Services = bgp.ServiceClusterIPs.Count + bgp.ServiceExternalIPs.Count + bgp.ServiceLoadBalancerIPs.Count > 0 ? Watch.Services(cancel) : [],
            Workloads = Watch.HasWorkloadPeers ? [.. Watch.Pods.List().Select(WorkloadRecord.Read).OfType<WorkloadRecord>().OrderBy(static pod => pod.Name, StringComparer.Ordinal)] : [],
            StateSocket = options.StateSocket,
        };
    }

    /// <summary>The address of this node's end of a tunnel, out of the pools that use it.</summary>
    private async Task<IpAddress> TunnelAddressAsync(Node self, bool isNeeded, string kind, string annotation, CancellationToken cancel)
    {
        var handle = $"{kind}-tunnel-addr-{options.NodeName}";
        var known = Annotated(self, annotation);
        if (!isNeeded)
        {
            if (!known.IsNone)
            {
                await Allocator.ReleaseAsync(handle, cancel).ConfigureAwait(false);
            }

            return default;
        }

        var pools = Watch.Pools.ForTunnel(kind == "vxlan", Watch.NodeLabels);
        if (!known.IsNone && (pools.Exists(pool => pool.Cidr.Contains(known)) || IsOfDisabled(known)))
        {
            return known;
        }

        if (pools.Count == 0)
        {
            return default;
        }

        var assigned = await Allocator.AssignAsync(new AssignRequest
        {
            Handle = handle,
            Attributes = new(StringComparer.Ordinal) { ["node"] = options.NodeName, ["type"] = $"{kind}TunnelAddress" },
            PoolsV4 = [.. pools.Select(static pool => pool.Name)],
        }, cancel).ConfigureAwait(false);
        return assigned[0];
    }

    /// <summary>A pool that gives no more addresses: those that it gave stay, a tunnel's too.</summary>
    private bool IsOfDisabled(IpAddress address) => Watch.Pools.Of(IpPrefix.Host(address)) is { IsDisabled: true, IsTunnelled: true };
}
