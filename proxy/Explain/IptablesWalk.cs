using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Explain;

/// <summary>
/// Sends the first packet of a connection through iptables as it was listed, in the kernel's order, and writes down every rule that did something.
/// It goes every way that the dice may choose. In mode ipvs the director stands where the kernel's does: behind the filter of what comes in, and before
/// that of what the node sends.
/// </summary>
internal sealed class IptablesWalk
{
    // No rule set of a proxy is nested deeper; the kernel's own limit depends on the tables' size.
    private const int DeepestJump = 64;

    private readonly CountedRules rules;
    private readonly ExplainedPacket packet;
    private readonly IReadOnlySet<IpAddress> local;
    private readonly Func<string, bool> isNoted;
    private readonly IpvsDirector? director;
    private readonly WayChoices ways;
    private readonly List<IptablesStep> steps = [];
    private readonly List<IptablesStep> passedOver = [];
    private EndpointAddress destination;
    private uint mark;
    private bool translated;
    private bool masqueraded;

    private IptablesWalk(CountedRules rules, ExplainedPacket packet, IReadOnlySet<IpAddress> local, Func<string, bool> isNoted, IpvsDirector? director, WayChoices ways)
    {
        (this.rules, this.packet, this.local, this.isNoted, this.director, this.ways) = (rules, packet, local, isNoted, director, ways);
        destination = new(packet.Destination, packet.Port);
    }

    /// <summary>Walks.</summary>
    /// <param name="rules">The rules of the packet's family.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="local">The node's addresses.</param>
    /// <param name="isNoted">True if a list of the match «recent» has the packet's source.</param>
    /// <param name="director">IPVS, in its mode.</param>
    public static IptablesWalkResult Run(CountedRules rules, ExplainedPacket packet, IReadOnlySet<IpAddress> local, Func<string, bool> isNoted, IpvsDirector? director = null)
    {
        var ways = new WayChoices();
        var choices = new List<EndpointAddress>();
        List<IptablesStep>? steps = null;
        List<IptablesStep> passedOver = [];
        var verdict = WalkVerdict.Untouched;
        int all = 0, masqueraded = 0;
        do
        {
            var walk = new IptablesWalk(rules, packet, local, isNoted, director, ways);
            var end = walk.Walk();
            if (steps is null)
            {
                (steps, passedOver, verdict) = (walk.steps, walk.passedOver, end);
            }

            if (end == WalkVerdict.Translated)
            {
                choices.Add(walk.destination);
            }

            all++;
            masqueraded += walk.masqueraded ? 1 : 0;
        }
        while (ways.Next());
        return new(verdict, steps, [.. choices.Distinct()], masqueraded == 0 ? false : masqueraded == all ? true : null, passedOver);
    }

    private WalkVerdict Walk()
    {
        if (packet.Interface is null)
        {
            // What the node sends to itself comes in again, at the loopback interface.
            return Hook("nat", "OUTPUT") ?? Direct() ?? Hook("filter", "OUTPUT") ?? Hook("nat", "POSTROUTING")
                ?? (local.Contains(destination.Address) ? Hook("filter", "INPUT") : null) ?? End();
        }

        if (Hook("nat", "PREROUTING") is { } early)
        {
            return early;
        }

        if (!local.Contains(destination.Address))
        {
            return Hook("filter", "FORWARD") ?? Hook("nat", "POSTROUTING") ?? End();
        }

        var before = destination;
        return Hook("filter", "INPUT") ?? Direct() ?? (destination != before ? Hook("nat", "POSTROUTING") : null) ?? End();
    }

    private WalkVerdict End() => translated ? WalkVerdict.Translated : WalkVerdict.Untouched;

    /// <summary>What IPVS does with it, if anything.</summary>
    private WalkVerdict? Direct()
    {
        if (director is null || translated || !local.Contains(destination.Address) || director.Destinations(packet.Protocol, destination) is not { } open)
        {
            return null;
        }

        if (open.Count == 0)
        {
            return WalkVerdict.Refused;
        }

        (destination, translated) = (open[ways.Take(open.Count)], true);
        return null;
    }

    private WalkVerdict? Hook(string table, string chain)
    {
        switch (Evaluate(table, chain, 0))
        {
            case Verdict.Drop:
                return WalkVerdict.Dropped;
            case Verdict.Refuse:
                return WalkVerdict.Refused;
            case Verdict.None when rules.DropsAtTheEnd(table, chain):
                steps.Add(new(table, chain, 0, null));
                return WalkVerdict.Dropped;
            default:
                return null;
        }
    }

    private Verdict Evaluate(string table, string chain, int depth)
    {
        var list = rules.Rules(table, chain);
        for (var i = 0; i < list.Count; i++)
        {
            var step = new IptablesStep(table, chain, i + 1, list[i]);
            if (Matches(list[i].Rule) is not { } matches)
            {
                passedOver.Add(step);
                continue;
            }

            if (!matches || list[i].Rule.Target is not { } target)
            {
                continue;
            }

            var before = steps.Count;
            steps.Add(step);
            switch (target)
            {
                case IptablesTarget.Jump jump when rules.Has(table, jump.Chain) && depth < DeepestJump:
                    if (Evaluate(table, jump.Chain, depth + 1) is not Verdict.None and var end)
                    {
                        return end;
                    }

                    if (steps.Count == before + 1)
                    {
                        // Nothing there was about it, so that the way there tells nothing.
                        steps.RemoveAt(before);
                    }

                    break;
                case IptablesTarget.Verdict { Name: "RETURN" }:
                    return Verdict.None;
                case IptablesTarget.Verdict { Name: "ACCEPT" }:
                    return Verdict.Accept;
                case IptablesTarget.Verdict { Name: "DROP" }:
                    return Verdict.Drop;
                case IptablesTarget.Reject:
                    return Verdict.Refuse;
                case IptablesTarget.SetMark set:
                    mark = (mark & ~set.Mask) ^ set.Value;
                    break;
                case IptablesTarget.Dnat dnat:
                    (destination, translated) = (dnat.To, true);
                    return Verdict.Accept;
                case IptablesTarget.Masquerade:
                    masqueraded = true;
                    return Verdict.Accept;
            }
        }

        return Verdict.None;
    }

    /// <summary>Null where it depends on something that the proxy does not know.</summary>
    private bool? Matches(IptablesRule rule)
    {
        if ((rule.Protocol is { } protocol && protocol != packet.Protocol)
            || (rule.Source is { } source && source.Contains(packet.Source) == rule.SourceNegated)
            || (rule.Destination is { } prefix && prefix.Contains(destination.Address) == rule.DestinationNegated)
            || (rule.InInterface is { } name && NameMatches(name) == rule.InInterfaceNegated))
        {
            return false;
        }

        foreach (var match in rule.Matches)
        {
            bool? holds = match switch
            {
                IptablesMatch.Comment or IptablesMatch.RecentSet => true,
                IptablesMatch.Port port => port.Protocol == packet.Protocol && (port.Destination is null || port.Destination == destination.Port),
                IptablesMatch.LocalAddress address => local.Contains(address.Source ? packet.Source : destination.Address),
                IptablesMatch.State state => ((state.States & (ConntrackStates.New | (translated ? ConntrackStates.Dnat : 0))) != 0) != state.Negated,
                IptablesMatch.Mark wanted => (mark & wanted.Mask) == wanted.Value != wanted.Negated,
                IptablesMatch.Statistic => ways.Take(2) == 0,
                IptablesMatch.RecentCheck check => isNoted(check.List),
                IptablesMatch.Other other => director?.Matches(other.Text, packet, destination, local),
                _ => null,
            };
            if (holds != true)
            {
                return holds;
            }
        }

        return true;
    }

    private bool NameMatches(string pattern) => pattern.EndsWith('+') ? packet.Interface?.StartsWith(pattern[..^1], StringComparison.Ordinal) == true : packet.Interface == pattern;

    private enum Verdict
    {
        None,
        Accept,
        Drop,
        Refuse,
    }
}
