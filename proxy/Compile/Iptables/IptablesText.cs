using System.Globalization;
using System.Text;
using Podwire.Primitives;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>Rules as iptables-restore takes them. Pure.</summary>
internal static class IptablesText
{
    private static readonly (ConntrackStates State, string Name)[] States =
    [
        (ConntrackStates.Invalid, "INVALID"),
        (ConntrackStates.New, "NEW"),
        (ConntrackStates.Related, "RELATED"),
        (ConntrackStates.Established, "ESTABLISHED"),
        (ConntrackStates.Untracked, "UNTRACKED"),
        (ConntrackStates.Snat, "SNAT"),
        (ConntrackStates.Dnat, "DNAT"),
    ];

    /// <summary>The name of a table.</summary>
    public static string NameOf(IptablesTable table) => table switch
    {
        IptablesTable.Filter => "filter",
        IptablesTable.Nat => "nat",
        _ => "mangle",
    };

    /// <summary>The states of a list such as <c>RELATED,ESTABLISHED</c>; none if one of them is not known.</summary>
    public static ConntrackStates ReadStates(string text)
    {
        var states = ConntrackStates.None;
        foreach (var word in text.Split(','))
        {
            var at = Array.FindIndex(States, entry => entry.Name == word);
            if (at < 0)
            {
                return ConntrackStates.None;
            }

            states |= States[at].State;
        }

        return states;
    }

    /// <summary>A rule, without a chain.</summary>
    public static string Write(IptablesRule rule) => new StringBuilder().AppendRule(rule).ToString().TrimStart();

    /// <summary>Appends <c>-A CHAIN RULE</c> and a line end.</summary>
    public static StringBuilder AppendLine(this StringBuilder text, string command, string chain, IptablesRule rule) =>
        text.Append(command).Append(' ').Append(chain).AppendRule(rule).Append('\n');

    private static StringBuilder AppendRule(this StringBuilder text, IptablesRule rule)
    {
        Prefix(text, "-s", rule.Source, rule.SourceNegated);
        Prefix(text, "-d", rule.Destination, rule.DestinationNegated);
        if (rule.InInterface is not null)
        {
            text.Append(rule.InInterfaceNegated ? " ! -i " : " -i ").Append(rule.InInterface);
        }

        if (rule.Protocol is { } protocol)
        {
            text.Append(" -p ").Append(NameOf(protocol));
        }

        foreach (var match in rule.Matches)
        {
            Match(text, match);
        }

        Target(text, rule.Target);
        return text;
    }

    private static string NameOf(IpProtocol protocol) =>
        protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp ? ProtocolNames.Of(protocol) : ((int)protocol).ToString(CultureInfo.InvariantCulture);

    private static void Prefix(StringBuilder text, string option, IpPrefix? prefix, bool negated)
    {
        if (prefix is { } value)
        {
            text.Append(negated ? " ! " : " ").Append(option).Append(' ').Append(value.Address.ToString()).Append('/').Append(value.Length);
        }
    }

    private static void Match(StringBuilder text, IptablesMatch match)
    {
        switch (match)
        {
            case IptablesMatch.Comment comment:
                text.Append(" -m comment --comment \"").Append(comment.Text).Append('"');
                break;
            case IptablesMatch.Port port:
                text.Append(" -m ").Append(ProtocolNames.Of(port.Protocol));
                if (port.Destination is { } number)
                {
                    text.Append(" --dport ").Append(number);
                }

                break;
            case IptablesMatch.LocalAddress local:
                text.Append(local.Source ? " -m addrtype --src-type LOCAL" : " -m addrtype --dst-type LOCAL");
                break;
            case IptablesMatch.State state:
                text.Append(" -m conntrack").Append(state.Negated ? " !" : string.Empty).Append(" --ctstate ")
                    .AppendJoin(',', States.Where(entry => (state.States & entry.State) != 0).Select(static entry => entry.Name));
                break;
            case IptablesMatch.Mark mark:
                text.Append(" -m mark").Append(mark.Negated ? " !" : string.Empty).Append(CultureInfo.InvariantCulture, $" --mark 0x{mark.Value:x}/0x{mark.Mask:x}");
                break;
            case IptablesMatch.RecentSet set:
                text.Append(" -m recent --name ").Append(set.List).Append(" --set");
                break;
            case IptablesMatch.RecentCheck check:
                text.Append(" -m recent --name ").Append(check.List).Append(" --rcheck --seconds ").Append(check.Seconds).Append(" --reap");
                break;
            case IptablesMatch.Statistic random:
                text.Append(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {random.Share / (double)0x80000000:0.0000000000}");
                break;
            case IptablesMatch.Other other:
                text.Append(' ').Append(other.Text);
                break;
        }
    }

    private static void Target(StringBuilder text, IptablesTarget? target)
    {
        switch (target)
        {
            case IptablesTarget.Verdict verdict:
                text.Append(" -j ").Append(verdict.Name);
                break;
            case IptablesTarget.Jump jump:
                text.Append(" -j ").Append(jump.Chain);
                break;
            case IptablesTarget.Reject:
                text.Append(" -j REJECT");
                break;
            case IptablesTarget.Dnat dnat:
                text.Append(" -j DNAT --to-destination ").Append(dnat.To.ToString());
                break;
            case IptablesTarget.Masquerade masquerade:
                text.Append(masquerade.RandomFully ? " -j MASQUERADE --random-fully" : " -j MASQUERADE");
                break;
            case IptablesTarget.SetMark mark:
                text.Append(mark.Value == mark.Mask ? $" -j MARK --or-mark 0x{mark.Value:x}"
                    : mark.Mask == 0 ? $" -j MARK --xor-mark 0x{mark.Value:x}"
                    : $" -j MARK --set-xmark 0x{mark.Value:x}/0x{mark.Mask:x}");
                break;
            case IptablesTarget.Other other:
                text.Append(" -j ").Append(other.Text);
                break;
        }
    }
}
