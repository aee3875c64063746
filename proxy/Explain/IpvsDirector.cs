using Podwire.Primitives;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Proxy.State;
using Podwire.Ruleset.Ipvs;
using Podwire.Ruleset.IpSets;

namespace Podwire.Proxy.Explain;

/// <summary>Virtual services and sets of one family as they were read from the kernel. Pure.</summary>
internal sealed class IpvsDirector
{
    private const string SetMatch = "-m set --match-set ";
    private readonly IpFamily family;
    private readonly Dictionary<IpvsServiceKey, IpvsService> services;
    private readonly HashSet<IpvsSetEntry> entries;

    /// <param name="family">The family.</param>
    /// <param name="services">The virtual services with their destinations.</param>
    /// <param name="entries">The entries of all sets.</param>
    public IpvsDirector(IpFamily family, IEnumerable<IpvsService> services, IEnumerable<IpvsSetEntry> entries) =>
        (this.family, this.services, this.entries) = (family, services.ToDictionary(static service => service.Key), [.. entries]);

    /// <summary>The virtual service at an address, or null.</summary>
    public IpvsService? Find(IpProtocol protocol, EndpointAddress address) => services.GetValueOrDefault(new(protocol, address.Address, address.Port));

    /// <summary>The destinations that take new connections; null where there is no such virtual service.</summary>
    public IReadOnlyList<EndpointAddress>? Destinations(IpProtocol protocol, EndpointAddress address)
    {
        if (Find(protocol, address) is not { } service)
        {
            return null;
        }

        var open = new List<EndpointAddress>();
        foreach (var destination in service.Destinations)
        {
            if (destination.Weight > 0)
            {
                open.Add(new(destination.Address, destination.Port));
            }
        }

        return open;
    }

    /// <summary>Whether a packet fulfils a condition that only mode ipvs has; null for those of others.</summary>
    public bool? Matches(string text, ExplainedPacket packet, EndpointAddress destination, IReadOnlySet<IpAddress> local)
    {
        if (text == "-m physdev ! --physdev-is-in")
        {
            // Bridged packets alone have such a port, and what the proxy asks is about packets that were routed.
            return true;
        }

        if (text == "-m addrtype ! --src-type LOCAL")
        {
            return !local.Contains(packet.Source);
        }

        if (text.StartsWith("-m ipvs ", StringComparison.Ordinal))
        {
            return text == $"-m ipvs --vproto {(int)packet.Protocol} --vaddr {packet.Destination}{(packet.Destination.IsV6 ? "/128" : string.Empty)} --vport {packet.Port}";
        }

        if (!text.StartsWith(SetMatch, StringComparison.Ordinal) || text[SetMatch.Length..].Split(' ') is not [var name, var directions])
        {
            return null;
        }

        foreach (var set in KubeIpSets.All)
        {
            if (KubeIpSets.NameOf(set, family) == name)
            {
                return Has(set, directions.StartsWith("src", StringComparison.Ordinal) ? packet.Source : destination.Address, packet, destination.Port);
            }
        }

        return null;
    }

    private bool Has(KubeIpSet set, IpAddress address, ExplainedPacket packet, ushort port) => KubeIpSets.SpecOf(set, family).Type switch
    {
        IpSetType.BitmapPort => entries.Contains(new(set, IpSetEntry.OfPort(port))),
        IpSetType.HashIp => entries.Contains(new(set, IpSetEntry.Of(address))),
        IpSetType.HashIpPortIp => entries.Contains(new(set, IpSetEntry.Of(address, packet.Protocol, port, IpPrefix.Host(packet.Source)))),
        IpSetType.HashIpPortNet => entries.Any(entry => entry.Set == set && entry.Entry.Address == IpPrefix.Host(address) && entry.Entry.Protocol == packet.Protocol
            && entry.Entry.Port == port && entry.Entry.Second.Contains(packet.Source)),
        _ => entries.Contains(new(set, IpSetEntry.Of(address, packet.Protocol, port))),
    };
}
