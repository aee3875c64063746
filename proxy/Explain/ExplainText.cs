using System.Text;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Explain;

/// <summary>The lines that an explanation has in every mode. Pure.</summary>
internal static class ExplainText
{
    /// <summary>A line with a word in front; no word: a line more of what stands above.</summary>
    public static void Line(StringBuilder text, string head, string rest) => text.Append(head.PadRight(12)).Append(rest).Append('\n');

    /// <summary>The frontend that a packet is for: an address and port of its own, or a node port. Null if it is for none.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="ownerOf">The Service that has a frontend.</param>
    /// <param name="local">The node's addresses.</param>
    public static FrontendKey? KeyOf(ExplainedPacket packet, Func<FrontendKey, ServiceKey?> ownerOf, IReadOnlySet<IpAddress> local)
    {
        var exact = new FrontendKey(packet.Destination, packet.Protocol, packet.Port);
        return ownerOf(exact) is not null ? exact
            : local.Contains(packet.Destination) && ownerOf(FrontendKey.NodePort(packet.Protocol, packet.Port)) is not null ? FrontendKey.NodePort(packet.Protocol, packet.Port)
            : null;
    }

    /// <summary>Who connects to what, and whose it is.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="from">What the source is called, or null.</param>
    /// <param name="service">The Service, or null.</param>
    /// <param name="key">Its frontend.</param>
    public static void Head(StringBuilder text, ExplainedPacket packet, string? from, ServiceRecord? service, FrontendKey? key)
    {
        var target = new EndpointAddress(packet.Destination, packet.Port);
        Line(text, "connection", $"{packet.Source}{(from is null ? "" : $" ({from})")} -> {target}/{ProtocolNames.Of(packet.Protocol)}, {(packet.Interface is null ? "from the node itself" : $"coming in at {packet.Interface}")}");
        Line(text, "frontend", service is null ? "none: no Service has this address and port" : Describe(service, key!.Value));
    }

    /// <summary>Every endpoint of the port with what becomes of it.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="state">The Service.</param>
    /// <param name="key">Its frontend.</param>
    /// <param name="family">The family.</param>
    /// <param name="node">This node.</param>
    /// <param name="choices">The endpoints that the kernel may choose.</param>
    /// <param name="verdict">What the kernel does.</param>
    /// <param name="isExempt">The connection is exempt from externalTrafficPolicy Local.</param>
    public static void Endpoints(
        StringBuilder text, ServiceState state, FrontendKey key, IpFamily family, NodeState node, IReadOnlyCollection<EndpointAddress> choices, WalkVerdict verdict, bool isExempt)
    {
        var service = state.Service;
        var port = PortOf(service, key);
        var inside = IsInside(service, key);
        var onlyLocal = inside ? service.InternalLocal : service.ExternalLocal && !isExempt;
        var head = "endpoints";
        foreach (var (target, endpoint, leftOut) in EndpointFate.Of(state, port, family, node, onlyLocal, inside ? "internalTrafficPolicy" : "externalTrafficPolicy"))
        {
            var why = choices.Contains(target) ? choices.Count == 1 ? "it will be this one" : $"one of {choices.Count}"
                : leftOut is not null ? $"left out: {leftOut}"
                : verdict == WalkVerdict.Translated && service.AffinitySeconds > 0 ? "left out: the client sticks to another one (sessionAffinity ClientIP)"
                : "not reached";
            Line(text, head, $"{target} on {endpoint.NodeName ?? "(no node)"}: {why}");
            head = string.Empty;
        }

        if (head.Length > 0)
        {
            Line(text, head, "none");
        }
    }

    /// <summary>What becomes of the connection.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="owner">The Service, or null.</param>
    /// <param name="verdict">What the kernel does.</param>
    /// <param name="choices">The endpoints that it may choose.</param>
    /// <param name="masqueraded">Whether the client's address is replaced; null where only that of an endpoint which is its own client is.</param>
    public static string Outcome(ExplainedPacket packet, ServiceKey? owner, WalkVerdict verdict, IReadOnlyList<EndpointAddress> choices, bool? masqueraded) => verdict switch
    {
        WalkVerdict.Translated => $"sent to {(choices.Count == 1 ? choices[0].ToString() : $"one of {choices.Count} endpoints, each as likely")}; {Seen(masqueraded)}",
        WalkVerdict.Refused => owner is null ? "refused: the address is a Service's, the port is not" : "refused: there is no endpoint",
        WalkVerdict.Dropped => owner is null ? "dropped: no Service has this address" : "dropped: by its source ranges, or endpoints exist but none that the traffic policy allows here",
        _ => $"left alone: it goes to {packet.Destination} itself",
    };

    /// <summary>The port of a Service that a frontend belongs to.</summary>
    public static PortRecord PortOf(ServiceRecord service, FrontendKey key) =>
        Array.Find(service.Ports, port => port.Protocol == key.Protocol && (key.IsNodePort ? port.NodePort : port.Port) == key.Port);

    /// <summary>True for a cluster IP, false for what is reached from outside.</summary>
    public static bool IsInside(ServiceRecord service, FrontendKey key) => !key.IsNodePort && service.ClusterIps.Contains(key.Address);

    private static string Seen(bool? masqueraded) => masqueraded switch
    {
        true => "the endpoint sees the node's address",
        false => "the endpoint sees the client's address",
        _ => "the endpoint sees the client's address, or the node's where it is the client itself",
    };

    private static string Describe(ServiceRecord service, FrontendKey key)
    {
        var kind = key.IsNodePort ? "node port" : service.ClusterIps.Contains(key.Address) ? "cluster IP" : service.ExternalIps.Contains(key.Address) ? "external IP" : "load balancer's address";
        var port = PortOf(service, key);
        return $"Service {service.Key}{(string.IsNullOrEmpty(port.Name) ? "" : $", port {port.Name}")}, by its {kind}";
    }
}
