using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Tests.Model;

/// <summary>
/// Sends first packets of connections through chains as the kernel does, for every fall of the dice and whether a client was noted before or not.
/// It interprets typed rules, the model's or what iptables-save listed.
/// </summary>
internal sealed class IptablesInterpreter(IptablesListing listing, IReadOnlySet<IpAddress> local)
{
    private enum End
    {
        Accept,
        Drop,
        Refuse,
    }

    public HashSet<PacketOutcome> Outcomes(TestPacket packet)
    {
        var outcomes = new HashSet<PacketOutcome>();
        var choices = new Choices();
        do
        {
            outcomes.Add(Run(new() { Packet = packet, Destination = new(packet.Destination, packet.Port), Choices = choices }));
        }
        while (choices.Next());
        return outcomes;
    }

    private PacketOutcome Run(Walk walk)
    {
        (IptablesTable, string)[] first = walk.Packet.Interface is null
            ? [(IptablesTable.Nat, "OUTPUT"), (IptablesTable.Filter, "OUTPUT"), (IptablesTable.Nat, "POSTROUTING")]
            : [(IptablesTable.Nat, "PREROUTING")];
        return Hooks(walk, first)
            ?? Hooks(walk, local.Contains(walk.Destination.Address) ? [(IptablesTable.Filter, "INPUT")]
                : walk.Packet.Interface is null ? []
                : [(IptablesTable.Filter, "FORWARD"), (IptablesTable.Nat, "POSTROUTING")])
            ?? PacketOutcome.To(walk.Destination, walk.Masqueraded);
    }

    private PacketOutcome? Hooks(Walk walk, (IptablesTable Table, string Chain)[] hooks)
    {
        foreach (var (table, chain) in hooks)
        {
            switch (Evaluate(table, chain, walk, 0))
            {
                case End.Drop:
                    return PacketOutcome.Dropped;
                case End.Refuse:
                    return PacketOutcome.Refused;
            }
        }

        return null;
    }

    private End? Evaluate(IptablesTable table, string chain, Walk walk, int depth)
    {
        Assert.True(depth < 16);
        foreach (var rule in listing.Chains(table)[chain])
        {
            if (!Matches(rule, walk))
            {
                continue;
            }

            switch (rule.Target)
            {
                case null:
                    break;
                case IptablesTarget.Jump jump:
                    if (Evaluate(table, jump.Chain, walk, depth + 1) is { } end)
                    {
                        return end;
                    }

                    break;
                case IptablesTarget.Verdict { Name: "RETURN" }:
                    return null;
                case IptablesTarget.Verdict { Name: "ACCEPT" }:
                    return End.Accept;
                case IptablesTarget.Verdict { Name: "DROP" }:
                    return End.Drop;
                case IptablesTarget.Reject:
                    return End.Refuse;
                case IptablesTarget.SetMark mark:
                    walk.Mark = (walk.Mark & ~mark.Mask) ^ mark.Value;
                    break;
                case IptablesTarget.Dnat dnat:
                    (walk.Destination, walk.Translated) = (dnat.To, true);
                    return End.Accept;
                case IptablesTarget.Masquerade:
                    walk.Masqueraded = true;
                    return End.Accept;
                default:
                    Assert.Fail($"a target that the interpreter does not know: {rule}");
                    break;
            }
        }

        return null;
    }

    private bool Matches(IptablesRule rule, Walk walk) =>
        (rule.Protocol is null || rule.Protocol == walk.Packet.Protocol)
        && (rule.Source is not { } source || source.Contains(walk.Packet.Source) != rule.SourceNegated)
        && (rule.Destination is not { } destination || destination.Contains(walk.Destination.Address) != rule.DestinationNegated)
        && (rule.InInterface is not { } name || NameMatches(name, walk.Packet.Interface) != rule.InInterfaceNegated)
        && All(rule, walk);

    private bool All(IptablesRule rule, Walk walk)
    {
        foreach (var match in rule.Matches)
        {
            var holds = match switch
            {
                IptablesMatch.Comment or IptablesMatch.RecentSet => true,
                IptablesMatch.Port port => port.Protocol == walk.Packet.Protocol && (port.Destination is null || port.Destination == walk.Destination.Port),
                IptablesMatch.LocalAddress address => local.Contains(address.Source ? walk.Packet.Source : walk.Destination.Address),
                IptablesMatch.State state => ((state.States & (ConntrackStates.New | (walk.Translated ? ConntrackStates.Dnat : 0))) != 0) != state.Negated,
                IptablesMatch.Mark mark => (walk.Mark & mark.Mask) == mark.Value != mark.Negated,
                IptablesMatch.Statistic or IptablesMatch.RecentCheck => walk.Choices.Take(),
                _ => throw new NotSupportedException(rule.ToString()),
            };
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }

    private static bool NameMatches(string pattern, string? name) => pattern.EndsWith('+') ? name?.StartsWith(pattern[..^1], StringComparison.Ordinal) == true : name == pattern;

    private sealed class Walk
    {
        public required TestPacket Packet { get; init; }

        public required Choices Choices { get; init; }

        public EndpointAddress Destination { get; set; }

        public uint Mark { get; set; }

        public bool Translated { get; set; }

        public bool Masqueraded { get; set; }
    }

    /// <summary>Goes through every sequence of answers.</summary>
    private sealed class Choices
    {
        private readonly List<bool> answers = [];
        private int at;

        public bool Take()
        {
            if (at == answers.Count)
            {
                answers.Add(true);
            }

            return answers[at++];
        }

        public bool Next()
        {
            answers.RemoveRange(at, answers.Count - at);
            at = 0;
            while (answers.Count > 0 && !answers[^1])
            {
                answers.RemoveAt(answers.Count - 1);
            }

            if (answers.Count == 0)
            {
                return false;
            }

            answers[^1] = false;
            return true;
        }
    }
}
