using Podwire.Primitives;
using Podwire.Ruleset;
using Podwire.Ruleset.IpSets;

namespace Podwire.NetPolicy.Compile.Iptables;

/// <summary>
/// The model in the terms of iptables and ipset, for one family. FORWARD leads to <see cref="IptablesNames.Root"/>, that by the packet's addresses to the
/// chain of a pod, that by what conntrack says of the connection's direction to the chains of the pod's classes, which ask sets for the peer.
/// At FORWARD a packet bears the addresses of the pods themselves in either direction, but in the reply direction the client is the destination:
/// a class has its chains twice. Pure.
/// </summary>
internal sealed class IptablesCompiler(TableSchema schema, TableSettings settings)
{
    /// <summary>The rule in FORWARD, which has to be its first.</summary>
    public const string Jump = $"-m comment --comment \"podwire network policies\" -j {IptablesNames.Root}";

    // Neighbour discovery (RFC 4861: 133 to 137) and multicast listeners (RFC 2710, RFC 3810): without them there is no IPv6 link.
    private static readonly int[] LinkMessages = [130, 131, 132, 133, 134, 135, 136, 137, 143];

    /// <summary>The whole family.</summary>
    public IptablesPlan Whole(PolicyModel model)
    {
        var plan = new IptablesPlan();
        plan.Chains[IptablesNames.Root] = Root(model);
        plan.Chains[IptablesNames.Deny] = ["-j DROP"];
        foreach (var (address, slot) in model.SlotsOf(schema.Family))
        {
            plan.Chains[IptablesNames.Pod(address)] = Pod(address, slot);
        }

        var table = model.ToTable(schema);
        foreach (var chain in table.Chains)
        {
            if (IsClass(chain.Name))
            {
                plan.Chains[IptablesNames.Class(chain.Name, false)] = Class(chain, false);
                plan.Chains[IptablesNames.Class(chain.Name, true)] = Class(chain, true);
            }
        }

        foreach (var set in table.Sets)
        {
            if (IsPeers(set))
            {
                var entries = new HashSet<IpSetEntry>();
                foreach (var element in set.Elements)
                {
                    Collect(element, entries);
                }

                plan.Sets[IptablesNames.Set(schema.Family, set.Name)] = (Spec(set), entries);
            }
        }

        return plan;
    }

    /// <summary>The set of addresses that are put aside.</summary>
    public IpSetSpec Pending => new(IptablesNames.Pending(schema.Family), IpSetType.HashIp, schema.Family);

    /// <summary>True for a chain that a class has.</summary>
    public static bool IsClass(string chain) => chain.StartsWith("in-", StringComparison.Ordinal) || chain.StartsWith("eg-", StringComparison.Ordinal);

    /// <summary>True for a set of peers, or of those whose answers are looked at, which is a set here too; the others are rules.</summary>
    public static bool IsPeers(SetObject set) =>
        IsClass(set.Name) || set.Name.StartsWith("peers-", StringComparison.Ordinal) || set.Name.StartsWith("blocks-", StringComparison.Ordinal)
        || set.Name == TableSchema.ClientsName;

    /// <summary>The set of a set of peers. Blocks are prefixes; a prefix of length 0, which no hash takes, never comes of <see cref="Collect"/>.</summary>
    public IpSetSpec Spec(SetObject set) => new(IptablesNames.Set(schema.Family, set.Name), set.IsInterval ? IpSetType.HashNet : IpSetType.HashIp, schema.Family);

    /// <summary>The entries of an element: one for an address, some for an interval.</summary>
    public static void Collect(SetElement element, ICollection<IpSetEntry> into)
    {
        var first = IpAddress.FromBytes(element.Key.Span);
        if (element.KeyEnd.IsNone)
        {
            into.Add(IpSetEntry.Of(first));
            return;
        }

        foreach (var prefix in Prefixes(first, IpAddress.FromBytes(element.KeyEnd.Span)))
        {
            into.Add(IpSetEntry.Of(prefix));
        }
    }

    /// <summary>The chain that everything forwarded passes.</summary>
    public string[] Root(PolicyModel model)
    {
        var rules = new List<string>();
        if (schema.Family == IpFamily.V6)
        {
            foreach (var type in LinkMessages)
            {
                rules.Add($"-p ipv6-icmp -m icmp6 --icmpv6-type {type} -j RETURN");
            }
        }

        var pending = IptablesNames.Pending(schema.Family);
        rules.Add($"-m set --match-set {pending} src -j {IptablesNames.Deny}");
        rules.Add($"-m set --match-set {pending} dst -j {IptablesNames.Deny}");
        if (settings.KeepEstablished)
        {
            rules.Add("-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN");
        }

        foreach (var (address, slot) in model.SlotsOf(schema.Family))
        {
            var chain = IptablesNames.Pod(address);
            var host = IpPrefix.Host(address);
            rules.Add($"-s {host} -m comment --comment {Quoted(slot.Pod)} -j {chain}");
            rules.Add($"-d {host} -m comment --comment {Quoted(slot.Pod)} -j {chain}");
        }

        return [.. rules];
    }

    /// <summary>The chain of a pod's address: what has no connection, itself, then each direction's class as client and as server.</summary>
    public string[] Pod(IpAddress address, PodSlot slot)
    {
        var host = IpPrefix.Host(address);
        var rules = new List<string>();
        if (slot.Egress is not null && !slot.IsEgressOpen)
        {
            rules.Add($"-s {host} -m conntrack --ctstate INVALID,UNTRACKED -j {IptablesNames.Deny}");
        }

        if (slot.Ingress is not null && !slot.IsIngressOpen)
        {
            rules.Add($"-d {host} -m conntrack --ctstate INVALID,UNTRACKED -j {IptablesNames.Deny}");
        }

        if (slot.IsSelfAllowed)
        {
            rules.Add($"-s {host} -d {host} -j RETURN");
        }

        if (slot.Egress is { } egress)
        {
            rules.Add($"-s {host} -m conntrack --ctdir ORIGINAL -j {IptablesNames.Class(egress, false)}");
            rules.Add($"-d {host} -m conntrack --ctdir REPLY -j {IptablesNames.Class(egress, true)}");
        }

        if (slot.Ingress is { } ingress)
        {
            rules.Add($"-d {host} -m conntrack --ctdir ORIGINAL -j {IptablesNames.Class(ingress, false)}");
            rules.Add($"-s {host} -m conntrack --ctdir REPLY -j {IptablesNames.Class(ingress, true)}");
        }

        return [.. rules];
    }

    /// <summary>The chain that queues what the resolvers answer to pods whose policies have wildcards; no rules where there is nobody. For the table mangle.</summary>
    public string[] Answers(PolicyModel model)
    {
        var clients = IptablesNames.Set(schema.Family, TableSchema.ClientsName);
        var rules = new List<string>();
        foreach (var protocol in (string[])["udp", "tcp"])
        {
            foreach (var resolver in model.ResolversOf(schema.Family))
            {
                var asked = schema.Family == IpFamily.V4 ? $"{resolver.Address}" : $"{IpPrefix.Host(resolver.Address)}";
                rules.Add($"-p {protocol} -m set --match-set {clients} dst -m conntrack --ctorigdst {asked} --ctorigdstport {resolver.Port} --ctdir REPLY -j NFQUEUE --queue-num {TableSettings.AnswerNumber} --queue-bypass");
            }
        }

        return [.. rules];
    }

    /// <summary>A chain of a class. Whoever is accepted returns to the pod's chain, whoever is denied does not.</summary>
    public string[] Class(Chain chain, bool isReply)
    {
        var rules = new List<string>();
        foreach (var rule in chain.Rules)
        {
            Add(rule, isReply, rules);
        }

        if (chain.Comment is { } comment)
        {
            rules[^1] = $"-m comment --comment {Quoted(comment)} {rules[^1]}";
        }

        return [.. rules];
    }

    /// <summary>The fewest prefixes that are the addresses from one to another, but for all of a family, which is two halves.</summary>
    internal static List<IpPrefix> Prefixes(IpAddress first, IpAddress last)
    {
        var found = new List<IpPrefix>();
        var (at, end) = (first.Value, last.Value);
        while (true)
        {
            var length = first.Bits;
            while (length > 1 && new IpPrefix(IpAddress.FromValue(first.Family, at), length - 1) is var wider && wider.First.Value == at && wider.Last.Value <= end)
            {
                length--;
            }

            var prefix = new IpPrefix(IpAddress.FromValue(first.Family, at), length);
            found.Add(prefix);
            if (prefix.Last.Value >= end)
            {
                return found;
            }

            at = prefix.Last.Value + 1;
        }
    }

    /// <summary>As iptables-save writes a string: in quotes unless it is made of letters, digits, _ and - only.</summary>
    private static string Quoted(string text)
    {
        foreach (var letter in text)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
            {
                return $"\"{text}\"";
            }
        }

        return text;
    }

    private void Add(Rule rule, bool isReply, List<string> into)
    {
        var match = string.Empty;
        foreach (var statement in rule.Statements)
        {
            switch (statement)
            {
                case Counter:
                    break;
                case SetLookup { Key: Ct { Key: CtKey.IpSaddr or CtKey.Ip6Saddr } who, Set.Name: { } set, Negated: false }:
                    var isSource = who.Direction == CtDirection.Original != isReply;
                    match += $"-m set --match-set {IptablesNames.Set(schema.Family, set)} {(isSource ? "src" : "dst")} ";
                    break;
                case Match { Left: Meta { Key: MetaKey.L4proto }, Operator: MatchOperator.Equal } protocol:
                    match += $"-p {NameOf((IpProtocol)protocol.Right.Span[0])} ";
                    break;
                case Match { Left: Ct { Key: CtKey.ProtoSrc, Direction: CtDirection.Reply }, Operator: MatchOperator.Equal } port:
                    match += $"-m conntrack --ctreplsrcport {PortOf(port.Right)} ";
                    break;
                case MatchRange { Left: Ct { Key: CtKey.ProtoSrc, Direction: CtDirection.Reply }, Negated: false } range:
                    match += $"-m conntrack --ctreplsrcport {PortOf(range.From)}:{PortOf(range.To)} ";
                    break;
                case VerdictStatement end:
                    into.Add(match + Target(end.Verdict, isReply));
                    break;
                case VerdictMapLookup { Map.Inline: { } ports }:
                    foreach (var element in ports.Elements)
                    {
                        var first = PortOf(element.Key);
                        var numbers = element.KeyEnd.IsNone || PortOf(element.KeyEnd) == first ? $"{first}" : $"{first}:{PortOf(element.KeyEnd)}";
                        into.Add($"{match}-m conntrack --ctreplsrcport {numbers} {Target(element.Verdict!, isReply)}");
                    }

                    break;
                default:
                    throw new NotSupportedException($"{statement} has no form in iptables");
            }
        }
    }

    private static string Target(Verdict verdict, bool isReply) => verdict switch
    {
        { Code: VerdictCode.Accept or VerdictCode.Return } => "-j RETURN",
        _ when verdict == ChainCompiler.Deny => $"-j {IptablesNames.Deny}",
        { Code: VerdictCode.Goto, Chain: { } chain } => $"-g {IptablesNames.Class(chain, isReply)}",
        _ => throw new NotSupportedException($"{verdict} has no form in iptables"),
    };

    private static int PortOf(NftData data) => (data.Span[0] << 8) | data.Span[1];

    private static string NameOf(IpProtocol protocol) => protocol switch { IpProtocol.Tcp => "tcp", IpProtocol.Udp => "udp", IpProtocol.Sctp => "sctp", _ => $"{(byte)protocol}" };
}
