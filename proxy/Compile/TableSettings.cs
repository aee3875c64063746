using Podwire.Primitives;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>What the table of one family depends on beside the Services: the configuration, and the node's addresses where the configuration refers to them.</summary>
internal sealed record TableSettings
{
    /// <summary>The family.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>How pods are told.</summary>
    public LocalTraffic Pods { get; init; } = LocalTraffic.Unknown;

    /// <summary>The bit of the packet mark that asks for masquerading.</summary>
    public uint MasqueradeMark { get; init; } = 0x4000;

    /// <summary>Masquerade all traffic through cluster IPs.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>The addresses of the node at which node ports listen; null for all but loopback ones.</summary>
    public IReadOnlyList<IpPrefix>? NodePortAddresses { get; init; }

    /// <summary>The ranges of Service addresses: what goes to one that no Service has is dropped. Empty where they are not known.</summary>
    public IReadOnlyList<IpPrefix> ServiceCidrs { get; init; } = [];

    /// <summary>Drop packets that conntrack calls INVALID before they reach a peer that would answer them with a reset.</summary>
    public bool DropInvalid { get; init; } = true;

    /// <summary>The settings for a family on this node.</summary>
    public static TableSettings Of(ProxyOptions options, NodeState node, IpFamily family) => new()
    {
        Family = family,
        Pods = PodsOf(options, node, family),
        MasqueradeMark = options.MasqueradeMark,
        MasqueradeAll = options.MasqueradeAll,
        NodePortAddresses = NodePortsOf(options.NodePorts, node, family),
        DropInvalid = !options.ConntrackTcpBeLiberal,
        ServiceCidrs = (options.ServiceCidrs.Count > 0 ? options.ServiceCidrs : node.ServiceCidrs).Where(range => range.Family == family).Distinct().InOrder(),
    };

    /// <inheritdoc/>
    public bool Equals(TableSettings? other) => other is not null && Family == other.Family && Pods == other.Pods && MasqueradeMark == other.MasqueradeMark
        && MasqueradeAll == other.MasqueradeAll && DropInvalid == other.DropInvalid && ServiceCidrs.SequenceEqual(other.ServiceCidrs)
        && (NodePortAddresses is null ? other.NodePortAddresses is null : other.NodePortAddresses is not null && NodePortAddresses.SequenceEqual(other.NodePortAddresses));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Family, Pods, MasqueradeMark, MasqueradeAll, DropInvalid, NodePortAddresses?.Count, ServiceCidrs.Count);

    private static LocalTraffic PodsOf(ProxyOptions options, NodeState node, IpFamily family)
    {
        LocalTraffic From(IReadOnlyList<IpPrefix> prefixes)
        {
            foreach (var prefix in prefixes)
            {
                if (prefix.Family == family)
                {
                    return new() { Source = prefix };
                }
            }

            return LocalTraffic.Unknown;
        }

        return options.DetectLocal switch
        {
            DetectLocalMode.ClusterCidr => From(options.ClusterCidrs),
            DetectLocalMode.NodeCidr => From(node.PodCidrs),
            DetectLocalMode.BridgeInterface => new() { Interface = options.BridgeInterface },
            _ => new() { Interface = options.InterfaceNamePrefix, InterfaceIsPrefix = true },
        };
    }

    private static List<IpPrefix>? NodePortsOf(NodePortAddresses addresses, NodeState node, IpFamily family)
    {
        if (addresses.PrimaryOnly)
        {
            var primary = node.Addresses.FirstOrDefault(address => address.Family == family);
            return primary.IsNone ? [] : [IpPrefix.Host(primary)];
        }

        return addresses.Prefixes.Count == 0 ? null : addresses.Prefixes.Where(prefix => prefix.Family == family).ToList();
    }
}
