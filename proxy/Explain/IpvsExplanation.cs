using System.Text;
using Podwire.Netlink.Ipvs;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Proxy.State;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Explain;

/// <summary>What a connection meets in mode ipvs, as text: the iptables chains, which ask sets, and the virtual service with its destinations. Pure.</summary>
/// <param name="model">What should be.</param>
/// <param name="director">What the kernel has.</param>
/// <param name="rules">What iptables-save lists, with counters.</param>
/// <param name="services">The Services by name.</param>
/// <param name="node">This node.</param>
/// <param name="local">The node's addresses, with those of kube-ipvs0.</param>
/// <param name="counters">What the virtual service has counted; null if there is none.</param>
/// <param name="destinations">Its destinations with their connections.</param>
internal sealed class IpvsExplanation(
    IpvsModel model, IpvsDirector director, CountedRules rules, IReadOnlyDictionary<ServiceKey, ServiceState> services, NodeState node, IReadOnlySet<IpAddress> local,
    IpvsCounters? counters, IReadOnlyList<IpvsDestinationStatus> destinations)
{
    /// <summary>The text.</summary>
    /// <param name="packet">The connection.</param>
    /// <param name="from">What the source is called, or null.</param>
    public string Write(ExplainedPacket packet, string? from = null)
    {
        var text = new StringBuilder();
        var key = ExplainText.KeyOf(packet, model.OwnerOf, local);
        var owner = key is { } claimed ? model.OwnerOf(claimed) : null;
        ExplainText.Head(text, packet, from, owner is { } service ? services[service].Service : null, key);
        var asked = new EndpointAddress(packet.Destination, packet.Port);
        var found = director.Find(packet.Protocol, asked);
        // A process of the node has the very address that it asks as its own: the route to an address of the node is by that address.
        var sent = packet.Interface is null && found is not null && local.Contains(packet.Destination) ? packet with { Source = packet.Destination } : packet;
        var walk = IptablesWalk.Run(rules, sent, local, static _ => false, director);
        IptablesExplanation.WriteRules(text, walk);
        WriteService(text, found, packet);
        if (owner is { } mine)
        {
            var here = services[mine].Slices.SelectMany(static slice => slice.Endpoints).Where(endpoint => endpoint.NodeName == node.Name).Select(static endpoint => endpoint.Address).ToHashSet();
            ExplainText.Endpoints(text, services[mine], key!.Value, model.Settings.Family, node, [.. walk.Choices], walk.Verdict, walk.Choices.Any(choice => !here.Contains(choice.Address)));
        }

        ExplainText.Line(text, "outcome", ExplainText.Outcome(packet, owner, walk.Verdict, walk.Choices, walk.Masqueraded) + Sticks(found));
        if (Difference(found, packet) is { } difference)
        {
            ExplainText.Line(text, "but", $"the API objects ask for something else: {difference}. The proxy is behind, or somebody else changed it");
        }

        return text.ToString();
    }

    private static string Sticks(IpvsService? found) =>
        found is { PersistenceSeconds: > 0 } ? $". A client that came within the last {found.PersistenceSeconds} s goes where it went then (sessionAffinity ClientIP)" : string.Empty;

    private void WriteService(StringBuilder text, IpvsService? found, ExplainedPacket packet)
    {
        if (found is null)
        {
            ExplainText.Line(text, "ipvs", $"no virtual service at {new IpvsServiceKey(packet.Protocol, packet.Destination, packet.Port)}{(local.Contains(packet.Destination) ? string.Empty : ", and no interface has the address")}");
            return;
        }

        ExplainText.Line(text, "ipvs", $"{found.Key}, scheduler {found.Scheduler}{(found.PersistenceSeconds > 0 ? $", persistent for {found.PersistenceSeconds} s" : string.Empty)}   # so far {counters?.Connections ?? 0} connections");
        if (!local.Contains(packet.Destination))
        {
            ExplainText.Line(text, string.Empty, "  no interface has the address, so that its packets do not come to IPVS");
        }

        foreach (var destination in destinations.OrderBy(static status => status.Destination))
        {
            ExplainText.Line(
                text, string.Empty,
                $"  {destination.Destination} weight {destination.Destination.Weight}, {destination.Active} active and {destination.Inactive} inactive connections"
                + $"{(destination.Destination.Weight == 0 ? ", on its way out: it keeps those that it has" : string.Empty)}   # so far {destination.Counters.Connections} connections, {destination.Counters.PacketsIn} packets in, {destination.Counters.PacketsOut} out");
        }
    }

    private string? Difference(IpvsService? found, ExplainedPacket packet)
    {
        var wanted = model.Find(new(packet.Protocol, packet.Destination, packet.Port));
        if (wanted is null || found is null)
        {
            return wanted is null == found is null ? null : wanted is null ? "no virtual service there" : $"a virtual service with {wanted.Destinations.Count} destinations";
        }

        var there = found.Destinations.ToArray().Where(static destination => destination.Weight > 0).Order().ToList();
        return !there.SequenceEqual(wanted.Destinations.ToArray().Order()) ? $"{wanted.Destinations.Count} destinations"
            : !found.HasSettingsOf(wanted) ? $"scheduler {wanted.Scheduler}{(wanted.PersistenceSeconds > 0 ? $", persistent for {wanted.PersistenceSeconds} s" : string.Empty)}"
            : null;
    }
}
