using System.Runtime.InteropServices;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Tests.Model;

/// <summary>
/// Sends packets through the forward hook of a table as the kernel does: jumps, gotos, look-ups in hashes and in intervals, what conntrack knows
/// of the connection. It interprets the typed model, so that it judges what the rules do and not how they are written.
/// </summary>
internal sealed class PolicyInterpreter(Table table)
{
    private readonly Dictionary<string, (SetObject Set, Dictionary<NftData, SetElement> Elements)> sets =
        table.Sets.ToDictionary(set => set.Name, set => (set, set.Elements.ToDictionary(element => element.Key)));

    private readonly Dictionary<string, Chain> chains = table.Chains.ToDictionary(chain => chain.Name);

    /// <summary>How many sets and maps were asked for the last packet.</summary>
    public int LookUps { get; private set; }

    public bool IsAccepted(TestPacket packet, CtState state = CtState.New)
    {
        LookUps = 0;
        foreach (var chain in table.Chains.Where(chain => chain.Base?.Hook == ChainHook.Forward).OrderBy(chain => chain.Base!.Priority))
        {
            switch (Evaluate(chain, packet, state, 0))
            {
                case VerdictCode.Drop:
                    return false;
                case null when chain.Base!.DropByDefault:
                    return false;
            }
        }

        return true;
    }

    private VerdictCode? Evaluate(Chain chain, TestPacket packet, CtState state, int depth)
    {
        Assert.True(depth < 16, "NFT_JUMP_STACK_SIZE");
        foreach (var rule in chain.Rules)
        {
            if (Evaluate(rule, packet, state) is not { } verdict)
            {
                continue;
            }

            switch (verdict.Code)
            {
                case VerdictCode.Jump:
                    if (Evaluate(chains[verdict.Chain!], packet, state, depth + 1) is { } end)
                    {
                        return end;
                    }

                    continue;
                case VerdictCode.Goto:
                    return Evaluate(chains[verdict.Chain!], packet, state, depth + 1);
                case VerdictCode.Return:
                    return null;
                default:
                    return verdict.Code;
            }
        }

        return null;
    }

    private Verdict? Evaluate(Rule rule, TestPacket packet, CtState state)
    {
        foreach (var statement in rule.Statements)
        {
            switch (statement)
            {
                case Match match:
                    if (Value(match.Left, packet, state) is not { } left || left.Equals(match.Right) != (match.Operator == MatchOperator.Equal))
                    {
                        return null;
                    }

                    break;
                case MatchRange range:
                    if (Value(range.Left, packet, state) is not { } number || (number >= range.From && number <= range.To) == range.Negated)
                    {
                        return null;
                    }

                    break;
                case SetLookup lookup:
                    if (Value(lookup.Key, packet, state) is not { } key || Find(lookup.Set, key) is null != lookup.Negated)
                    {
                        return null;
                    }

                    break;
                case VerdictMapLookup lookup:
                    return Value(lookup.Key, packet, state) is { } index ? Find(lookup.Map, index)?.Verdict : null;
                case VerdictStatement verdict:
                    return verdict.Verdict;
                case Counter or Log:
                    break;
                default:
                    Assert.Fail($"a statement that the interpreter does not know: {statement}");
                    break;
            }
        }

        return null;
    }

    private SetElement? Find(SetReference reference, NftData key)
    {
        LookUps++;
        var (set, elements) = reference.Inline is { } inline ? (inline, inline.Elements.ToDictionary(element => element.Key)) : sets[reference.Name!];
        return set.IsInterval ? elements.Values.SingleOrDefault(element => IsIn(set, element, key)) : elements.GetValueOrDefault(key);
    }

    private static bool IsIn(SetObject set, SetElement element, NftData key)
    {
        var (end, at) = (element.KeyEnd.IsNone ? element.Key : element.KeyEnd, 0);
        foreach (var field in set.Key)
        {
            var size = field.Type.Size;
            if (key.Span.Slice(at, size).SequenceCompareTo(element.Key.Span.Slice(at, size)) < 0 || key.Span.Slice(at, size).SequenceCompareTo(end.Span.Slice(at, size)) > 0)
            {
                return false;
            }

            at += field.Type.PaddedSize;
        }

        return true;
    }

    private static NftData? Value(Expression expression, TestPacket packet, CtState state)
    {
        // What conntrack does not know of a packet ends the rule.
        var isTracked = (state & (CtState.Invalid | CtState.Untracked)) == 0;
        switch (expression)
        {
            case Ct { Key: CtKey.State }:
                return NftData.Integer((uint)state);
            case Ct { Key: CtKey.IpSaddr or CtKey.Ip6Saddr, Direction: CtDirection.Original }:
                return isTracked ? (NftScalar)packet.Source : null;
            case Ct { Key: CtKey.IpSaddr or CtKey.Ip6Saddr, Direction: CtDirection.Reply }:
                return isTracked ? (NftScalar)packet.Destination : null;
            case Ct { Key: CtKey.Direction }:
                return isTracked ? NftScalar.Byte((byte)CtDirection.Reply) : null;
            case Ct { Key: CtKey.ProtoDst, Direction: CtDirection.Original }:
                return isTracked ? NftScalar.Port(packet.Port) : null;
            case Ct { Key: CtKey.IpDaddr or CtKey.Ip6Daddr, Direction: CtDirection.Original }:
                return isTracked ? (NftScalar)packet.Destination : null;
            case Ct { Key: CtKey.ProtoSrc, Direction: CtDirection.Reply }:
                return isTracked ? NftScalar.Port(packet.Port) : null;
            case Payload payload when payload == Payload.Daddr(packet.Source.Family):
                return (NftScalar)packet.Destination;
            case Payload payload when payload == Payload.Saddr(packet.Source.Family):
                return (NftScalar)packet.Source;
            case Payload payload when payload == Payload.IcmpType:
                return NftScalar.Byte((byte)packet.Port);
            case Meta { Key: MetaKey.L4proto }:
                return NftScalar.Protocol(packet.Protocol);
            case Bitwise bitwise:
                return Value(bitwise.Value, packet, state) is { } value ? NftData.Integer((value.ToUInt32() & bitwise.Mask.ToUInt32()) ^ bitwise.Xor.ToUInt32()) : null;
            case Concat concat:
                var bytes = new List<byte>();
                foreach (var part in concat.Parts)
                {
                    if (Value(part, packet, state) is not { } piece)
                    {
                        return null;
                    }

                    bytes.AddRange(piece.Span);
                    bytes.AddRange(new byte[-piece.Length & 3]);
                }

                return NftData.FromBytes(CollectionsMarshal.AsSpan(bytes));
            default:
                Assert.Fail($"an expression that the interpreter does not know: {expression}");
                return null;
        }
    }
}
