using System.Text;
using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Explain;

/// <summary>
/// What a connection meets, as text: the rules of the kernel's table in their order, with what they have counted, the endpoints that it may be
/// sent to, and the others with the reason. Pure: what it is made of was read before.
/// </summary>
/// <param name="model">The table as it should be.</param>
/// <param name="actual">The table as the kernel has it, with counters; null if it has none.</param>
/// <param name="services">The Services by name.</param>
/// <param name="node">This node.</param>
/// <param name="local">The node's addresses.</param>
internal sealed class Explanation(TableModel model, Table? actual, IReadOnlyDictionary<ServiceKey, ServiceState> services, NodeState node, IReadOnlySet<IpAddress> local)
{
    /// <summary>The text.</summary>
    /// <param name="packet">The connection.</param>
    /// <param name="from">What the source is called, or null.</param>
    public string Write(ExplainedPacket packet, string? from = null)
    {
        var text = new StringBuilder();
        var target = new EndpointAddress(packet.Destination, packet.Port);
        Line(text, "connection", $"{packet.Source}{(from is null ? "" : $" ({from})")} -> {target}/{ProtocolNames.Of(packet.Protocol)}, {(packet.Interface is null ? "from the node itself" : $"coming in at {packet.Interface}")}");
        var key = KeyOf(packet);
        var owner = key is { } claimed ? model.OwnerOf(claimed) : null;
        Line(text, "frontend", owner is { } service ? $"{Describe(services[service].Service, key!.Value)}" : "none: no Service has this address and port");
        if (actual is null)
        {
            Line(text, "rules", "none: the kernel has no table of the proxy; does podwire-proxy run here, in mode nftables?");
            return text.ToString();
        }

        var walk = PacketWalk.Run(actual, packet, local);
        WriteRules(text, walk);
        if (owner is { } mine)
        {
            WriteEndpoints(text, walk, services[mine], key!.Value);
        }

        Line(text, "outcome", Outcome(walk, packet, owner));
        // A client that sticks to an endpoint has fewer choices than the objects give; that is no difference.
        var should = PacketWalk.Run(model.ToTable(), packet, local);
        var sticks = owner is { } sticky && services[sticky].Service.AffinitySeconds > 0;
        if (should.Verdict != walk.Verdict || !(sticks ? should.Choices.ToHashSet().IsSupersetOf(walk.Choices) : should.Choices.ToHashSet().SetEquals(walk.Choices)))
        {
            Line(text, "but", $"the API objects ask for something else: {Outcome(should, packet, owner)}. The proxy is behind, or somebody else changed its table");
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, string head, string rest) => text.Append(head.PadRight(12)).Append(rest).Append('\n');

    private static string Count(SetElement element) => element.Counter is { } counter ? $"   # so far {counter.Packets} connections" : string.Empty;

    private FrontendKey? KeyOf(ExplainedPacket packet)
    {
        var exact = new FrontendKey(packet.Destination, packet.Protocol, packet.Port);
        return model.OwnerOf(exact) is not null ? exact
            : local.Contains(packet.Destination) && model.OwnerOf(FrontendKey.NodePort(packet.Protocol, packet.Port)) is not null ? FrontendKey.NodePort(packet.Protocol, packet.Port)
            : null;
    }

    private static string Describe(ServiceRecord service, FrontendKey key)
    {
        var kind = key.IsNodePort ? "node port" : service.ClusterIps.Contains(key.Address) ? "cluster IP" : service.ExternalIps.Contains(key.Address) ? "external IP" : "load balancer's address";
        var port = Array.Find(service.Ports, port => port.Protocol == key.Protocol && (key.IsNodePort ? port.NodePort : port.Port) == key.Port);
        return $"Service {service.Key}{(string.IsNullOrEmpty(port.Name) ? "" : $", port {port.Name}")}, by its {kind}";
    }

    private void WriteRules(StringBuilder text, WalkResult walk)
    {
        var head = "rules";
        foreach (var step in walk.Steps)
        {
            Line(text, head, $"{step.Chain}: {NftText.Write(actual!.Id.Family, step.Rule)}");
            head = string.Empty;
            if (step.Element is { } element && SetOf(step) is { } set)
            {
                Line(text, head, $"  {set.Name}: {NftText.Write(set, element)}{Count(element)}");
            }
        }

        if (walk.Steps.Count == 0)
        {
            Line(text, head, "none of the proxy's");
        }
    }

    private SetObject? SetOf(WalkStep step)
    {
        foreach (var name in RuleReferences.Sets(step.Rule))
        {
            if (actual!.FindSet(name) is { } set && set.Elements.AsSpan().Contains(step.Element!))
            {
                return set;
            }
        }

        return null;
    }

    private void WriteEndpoints(StringBuilder text, WalkResult walk, ServiceState state, FrontendKey key)
    {
        var service = state.Service;
        var port = Array.Find(service.Ports, port => port.Protocol == key.Protocol && (key.IsNodePort ? port.NodePort : port.Port) == key.Port);
        var inside = !key.IsNodePort && service.ClusterIps.Contains(key.Address);
        var policy = inside ? "internalTrafficPolicy" : "externalTrafficPolicy";
        var onlyLocal = inside ? service.InternalLocal : service.ExternalLocal && walk.Steps.All(static step => !LeadsEverywhere(step));
        var choices = walk.Choices.ToHashSet();
        var head = "endpoints";
        foreach (var (target, endpoint, leftOut) in EndpointFate.Of(state, port, model.Settings.Family, node, onlyLocal, policy))
        {
            var why = choices.Contains(target) ? choices.Count == 1 ? "it will be this one" : $"one of {choices.Count}"
                : leftOut is not null ? $"left out: {leftOut}"
                : walk.Verdict == WalkVerdict.Translated && service.AffinitySeconds > 0 ? "left out: the client sticks to another one (sessionAffinity ClientIP)"
                : "not reached";
            Line(text, head, $"{target} on {endpoint.NodeName ?? "(no node)"}: {why}");
            head = string.Empty;
        }

        if (head.Length > 0)
        {
            Line(text, head, "none");
        }
    }

    /// <summary>The rule exempts pods and the node itself from externalTrafficPolicy Local.</summary>
    private static bool LeadsEverywhere(WalkStep step) => step.Chain.Contains("local-", StringComparison.Ordinal) && step.Rule.Statements.Any(static statement => statement is VerdictStatement { Verdict.Code: VerdictCode.Goto });

    private static string Outcome(WalkResult walk, ExplainedPacket packet, ServiceKey? owner) => walk.Verdict switch
    {
        WalkVerdict.Translated => $"sent to {(walk.Choices.Count == 1 ? walk.Choices[0].ToString() : $"one of {walk.Choices.Count} endpoints, each as likely")}; {(walk.Masqueraded ? "the endpoint sees the node's address" : "the endpoint sees the client's address")}",
        WalkVerdict.Refused => owner is null ? "refused: the address is a Service's, the port is not" : "refused: there is no endpoint",
        WalkVerdict.Dropped => owner is null ? "dropped: no Service has this address" : "dropped: by its source ranges, or endpoints exist but none that the traffic policy allows here",
        _ => $"left alone: it goes to {packet.Destination} itself",
    };
}
