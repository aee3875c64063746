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
        var key = ExplainText.KeyOf(packet, model.OwnerOf, local);
        var owner = key is { } claimed ? model.OwnerOf(claimed) : null;
        ExplainText.Head(text, packet, from, owner is { } service ? services[service].Service : null, key);
        if (actual is null)
        {
            ExplainText.Line(text, "rules", "none: the kernel has no table of the proxy; does podwire-proxy run here, in mode nftables?");
            return text.ToString();
        }

        var walk = PacketWalk.Run(actual, packet, local);
        WriteRules(text, walk);
        if (owner is { } mine)
        {
            ExplainText.Endpoints(text, services[mine], key!.Value, model.Settings.Family, node, [.. walk.Choices], walk.Verdict, walk.Steps.Any(LeadsEverywhere));
        }

        ExplainText.Line(text, "outcome", Outcome(walk, packet, owner));
        // A client that sticks to an endpoint has fewer choices than the objects give; that is no difference.
        var should = PacketWalk.Run(model.ToTable(), packet, local);
        var sticks = owner is { } sticky && services[sticky].Service.AffinitySeconds > 0;
        if (should.Verdict != walk.Verdict || !(sticks ? should.Choices.ToHashSet().IsSupersetOf(walk.Choices) : should.Choices.ToHashSet().SetEquals(walk.Choices)))
        {
            ExplainText.Line(text, "but", $"the API objects ask for something else: {Outcome(should, packet, owner)}. The proxy is behind, or somebody else changed its table");
        }

        return text.ToString();
    }

    private static string Count(SetElement element) => element.Counter is { } counter ? $"   # so far {counter.Packets} connections" : string.Empty;

    private void WriteRules(StringBuilder text, WalkResult walk)
    {
        var head = "rules";
        foreach (var step in walk.Steps)
        {
            ExplainText.Line(text, head, $"{step.Chain}: {NftText.Write(actual!.Id.Family, step.Rule)}");
            head = string.Empty;
            if (step.Element is { } element && SetOf(step) is { } set)
            {
                ExplainText.Line(text, head, $"  {set.Name}: {NftText.Write(set, element)}{Count(element)}");
            }
        }

        if (walk.Steps.Count == 0)
        {
            ExplainText.Line(text, head, "none of the proxy's");
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

    /// <summary>The rule exempts pods and the node itself from externalTrafficPolicy Local.</summary>
    private static bool LeadsEverywhere(WalkStep step) => step.Chain.Contains("local-", StringComparison.Ordinal) && step.Rule.Statements.Any(static statement => statement is VerdictStatement { Verdict.Code: VerdictCode.Goto });

    private static string Outcome(WalkResult walk, ExplainedPacket packet, ServiceKey? owner) => ExplainText.Outcome(packet, owner, walk.Verdict, walk.Choices, walk.Masqueraded);
}
