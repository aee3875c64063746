using System.Text;
using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Explain;

/// <summary>What a connection meets in mode iptables, as text: as <see cref="Explanation"/>, of the chains that iptables-save lists. Pure.</summary>
/// <param name="model">The chains as they should be.</param>
/// <param name="listing">What iptables-save lists, with counters.</param>
/// <param name="services">The Services by name.</param>
/// <param name="node">This node.</param>
/// <param name="local">The node's addresses.</param>
/// <param name="isNoted">True if a list of the match «recent» has the packet's source.</param>
internal sealed class IptablesExplanation(
    IptablesModel model, string listing, IReadOnlyDictionary<ServiceKey, ServiceState> services, NodeState node, IReadOnlySet<IpAddress> local, Func<string, bool> isNoted)
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
        var rules = CountedRules.Read(listing);
        if (!rules.Has("nat", KubeChains.Services))
        {
            ExplainText.Line(text, "rules", $"none: the kernel has no chain {KubeChains.Services}; does podwire-proxy run here, in mode iptables?");
            return text.ToString();
        }

        var walk = IptablesWalk.Run(rules, packet, local, isNoted);
        WriteRules(text, walk);
        if (owner is { } mine)
        {
            ExplainText.Endpoints(text, services[mine], key!.Value, model.Settings.Family, node, [.. walk.Choices], walk.Verdict, walk.Steps.Any(LeadsEverywhere));
        }

        ExplainText.Line(text, "outcome", ExplainText.Outcome(packet, owner, walk.Verdict, walk.Choices, walk.Masqueraded));
        if (IptablesDiff.Between(IptablesReader.Read(listing), model) is { IsEmpty: false } difference)
        {
            ExplainText.Line(text, "but", $"the API objects ask for something else in {difference.LineCount} lines of these chains: {Chains(difference)}. The proxy is behind, or somebody else changed them");
        }

        return text.ToString();
    }

    /// <summary>The rules that a packet met, with what they counted, and those that could not be judged.</summary>
    internal static void WriteRules(StringBuilder text, IptablesWalkResult walk)
    {
        var head = "rules";
        foreach (var step in walk.Steps)
        {
            ExplainText.Line(text, head, step.Rule is { } rule
                ? $"{step.Table} {step.Chain} {step.Number}: {rule.Text}   # so far {rule.Packets} {(step.Table == "nat" ? "connections" : "packets")}"
                : $"{step.Table} {step.Chain}: policy DROP");
            head = string.Empty;
        }

        if (walk.Steps.Count == 0)
        {
            ExplainText.Line(text, head, "none of the proxy's");
        }

        head = "not judged";
        foreach (var step in walk.PassedOver)
        {
            ExplainText.Line(text, head, $"{step.Table} {step.Chain} {step.Number}: {step.Rule!.Text}");
            head = string.Empty;
        }
    }

    /// <summary>The rule exempts pods and the node itself from externalTrafficPolicy Local.</summary>
    private static bool LeadsEverywhere(IptablesStep step) =>
        step.Chain.StartsWith("KUBE-EXT-", StringComparison.Ordinal) && step.Rule?.Rule.Target is IptablesTarget.Jump { Chain: var chain } && chain.StartsWith("KUBE-SVC-", StringComparison.Ordinal);

    private static string Chains(IptablesChange difference)
    {
        var names = difference.Written.Concat(difference.Deleted).Select(static entry => entry.Chain).Concat(difference.Inserted.Select(static jump => jump.From)).Distinct().ToList();
        return string.Join(", ", names.Take(5)) + (names.Count > 5 ? $" and {names.Count - 5} more" : string.Empty);
    }
}
