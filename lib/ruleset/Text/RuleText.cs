using System.Text;
using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>Writes rules in the syntax of nft(8).</summary>
internal sealed class RuleText
{
    private readonly TableFamily family;
    private readonly StringBuilder text = new();

    // What an ICMP type or code means depends on the family that was matched before.
    private bool v6;

    private RuleText(TableFamily family)
    {
        this.family = family;
        v6 = family == TableFamily.Ip6;
    }

    /// <summary>One rule, in one line.</summary>
    public static string Write(TableFamily family, Rule rule)
    {
        var writer = new RuleText(family);
        foreach (var statement in rule.Statements)
        {
            if (writer.text.Length > 0)
            {
                writer.text.Append(' ');
            }

            writer.Append(statement);
        }

        if (rule.Comment is { } comment)
        {
            writer.text.Append(" comment ").Append(ValueText.Quoted(comment));
        }

        return writer.text.ToString();
    }

    private string Expression(Expression expression) => ExpressionText.Write(expression, v6);

    private void Append(Statement statement)
    {
        switch (statement)
        {
            case Match match:
                Append(match);
                break;
            case MatchRange range:
                text.Append($"{Expression(range.Left)}{(range.Negated ? " !=" : string.Empty)} {ValueText.Range(range.Left.Type, range.From.Span, range.To.Span)}");
                break;
            case SetLookup lookup:
                text.Append($"{Expression(lookup.Key)}{(lookup.Negated ? " !=" : string.Empty)} {SetText.Reference(lookup.Set)}");
                break;
            case VerdictMapLookup lookup:
                text.Append($"{Expression(lookup.Key)} vmap {SetText.Reference(lookup.Map)}");
                break;
            case VerdictStatement verdict:
                text.Append(verdict.Verdict);
                break;
            case MetaSet set:
                text.Append($"{SettableMeta(set.Key)} set {Value(set.Value, new Meta(set.Key).Type)}");
                break;
            case CtSet set:
                text.Append($"ct {ExpressionText.Ct(set.Key)} set {Value(set.Value, new Ct(set.Key).Type)}");
                break;
            case Counter counter:
                text.Append(counter.Packets == 0 && counter.Bytes == 0 ? "counter" : $"counter packets {counter.Packets} bytes {counter.Bytes}");
                break;
            case Limit limit:
                text.Append($"limit rate {(limit.Over ? "over " : string.Empty)}{limit.Rate}/{limit.Unit.ToString().ToLowerInvariant()} burst {limit.Burst} packets");
                break;
            case Log log:
                text.Append("log");
                text.Append(log.Prefix is { } prefix ? $" prefix {ValueText.Quoted(prefix)}" : string.Empty);
                text.Append(log.Group is { } group ? $" group {group}" : string.Empty);
                break;
            case Reject reject:
                Append(reject);
                break;
            case Nat nat:
                Append(nat);
                break;
            case Masquerade masquerade:
                text.Append("masquerade").Append(Flags(masquerade.Flags));
                break;
            case DynamicSet set:
                text.Append($"{set.Operation.ToString().ToLowerInvariant()} @{set.Set} {{ {Expression(set.Key)}{(set.Timeout is { } timeout ? $" timeout {ValueText.Time(timeout)}" : string.Empty)} }}");
                break;
            case Queue queue:
                text.Append(queue.IsBypassed ? $"queue flags bypass to {queue.Number}" : $"queue to {queue.Number}");
                break;
            case Notrack:
                text.Append("notrack");
                break;
            case UnknownStatement unknown:
                text.Append($"# {unknown.Name}");
                break;
            default:
                throw new NotSupportedException(statement.GetType().Name);
        }
    }

    private void Append(Match match)
    {
        if (match is { Left: Meta { Key: MetaKey.Nfproto }, Operator: MatchOperator.Equal, Right.Length: 1 })
        {
            v6 = match.Right.Span[0] == (byte)IpFamily.V6;
        }
        else if (match is { Left: Meta { Key: MetaKey.L4proto }, Operator: MatchOperator.Equal, Right.Length: 1 } && match.Right.Span[0] is (byte)IpProtocol.IcmpV6 or (byte)IpProtocol.Icmp)
        {
            v6 = match.Right.Span[0] == (byte)IpProtocol.IcmpV6;
        }

        if (match.Left is Bitwise bitwise)
        {
            Append(match, bitwise);
            return;
        }

        var isBits = match.Left.Type == NftType.CtState || match.Left.Type == NftType.CtStatus;
        var relation = match.Operator switch
        {
            MatchOperator.Equal => isBits ? " ==" : string.Empty,
            var other => " " + Operator(other),
        };

        // A name that is cut off is a prefix.
        var right = match.Left.Type == NftType.InterfaceName && match.Right.Length < NftType.InterfaceName.Size
            ? ValueText.Quoted(Encoding.UTF8.GetString(match.Right.Span) + "*")
            : ValueText.Field(match.Left.Type, match.Right.Span);
        text.Append($"{Expression(match.Left)}{relation} {right}");
    }

    private void Append(Match match, Bitwise left)
    {
        var type = left.Type;
        if (type is { Order: NftTypeOrder.Network } && left.Xor.Span.IndexOfAnyExcept((byte)0) < 0 && ValueText.MaskLength(left.Mask.Span) is >= 0 and var length)
        {
            var relation = match.Operator == MatchOperator.NotEqual ? " !=" : string.Empty;
            text.Append($"{Expression(left.Value)}{relation} {ValueText.Field(type, match.Right.Span)}/{length}");
            return;
        }

        if ((type == NftType.CtState || type == NftType.CtStatus) && match.Operator == MatchOperator.NotEqual && match.Right.ToUInt32() == 0)
        {
            text.Append($"{Expression(left.Value)} {ValueText.Bits(type, left.Mask.ToUInt32())}");
            return;
        }

        text.Append($"{Expression(left)} {Operator(match.Operator)} {ValueText.Field(type, match.Right.Span)}");
    }

    private static string Operator(MatchOperator matchOperator) => matchOperator switch
    {
        MatchOperator.Equal => "==",
        MatchOperator.NotEqual => "!=",
        MatchOperator.Less => "<",
        MatchOperator.LessOrEqual => "<=",
        MatchOperator.Greater => ">",
        _ => ">=",
    };

    private string Value(Expression value, NftType? type) => value is Constant constant ? ValueText.Field(type, constant.Value.Span) : Expression(value);

    private static string SettableMeta(MetaKey key) => ExpressionText.Meta(key);

    private void Append(Reject reject)
    {
        var how = reject.Type switch
        {
            RejectType.TcpReset => "tcp reset",
            RejectType.Icmpx => $"icmpx {reject.Code switch { 0 => "no-route", 1 => "port-unreachable", 2 => "host-unreachable", _ => "admin-prohibited" }}",
            _ when v6 => $"icmpv6 {reject.Code switch { 0 => "no-route", 1 => "admin-prohibited", 3 => "addr-unreachable", 4 => "port-unreachable", var other => other.ToString() }}",
            _ => $"icmp {reject.Code switch { 0 => "net-unreachable", 1 => "host-unreachable", 2 => "prot-unreachable", 3 => "port-unreachable", 13 => "admin-prohibited", var other => other.ToString() }}",
        };
        text.Append($"reject with {how}");
    }

    private void Append(Nat nat)
    {
        var isV4 = nat.Family == IpFamily.V4;
        text.Append(nat.Destination ? "dnat " : "snat ");
        if (nat.Target is not Constant || family == TableFamily.Inet)
        {
            text.Append(isV4 ? "ip " : "ip6 ");
        }

        text.Append("to ");
        if (nat.Target is Constant { Value: var value })
        {
            var size = isV4 ? 4 : 16;
            var address = ValueText.Field(NftType.Address(nat.Family), value.Span[..size]);
            text.Append(nat.WithPort ? $"{(isV4 ? address : $"[{address}]")}:{ValueText.Field(NftType.InetService, value.Span.Slice(size, 2))}" : address);
        }
        else
        {
            text.Append(Expression(nat.Target));
        }

        text.Append(Flags(nat.Flags));
    }

    private static string Flags(NatFlags flags)
    {
        var words = new List<string>();
        if ((flags & NatFlags.Random) != 0)
        {
            words.Add("random");
        }

        if ((flags & NatFlags.FullyRandom) != 0)
        {
            words.Add("fully-random");
        }

        if ((flags & NatFlags.Persistent) != 0)
        {
            words.Add("persistent");
        }

        return words.Count == 0 ? string.Empty : " " + string.Join(',', words);
    }
}
