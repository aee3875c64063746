using System.Runtime.InteropServices;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Explain;

/// <summary>
/// Sends the first packet of a connection through a table as it was read from the kernel, in the kernel's order (hooks, priorities, jumps,
/// look-ups, translation), and writes down every rule that did something. A drawn number is left open: every slot that it may give is an end.
/// </summary>
internal sealed class PacketWalk
{
    // NFT_JUMP_STACK_SIZE, include/net/netfilter/nf_tables.h.
    private const int DeepestJump = 16;

    private readonly Table table;
    private readonly ExplainedPacket packet;
    private readonly IReadOnlySet<IpAddress> local;
    private readonly List<WalkStep> steps = [];
    private readonly List<EndpointAddress> choices = [];
    private EndpointAddress destination;
    private uint mark;
    private uint draw;
    private uint modulus;
    private bool translated;
    private bool masqueraded;
    private bool refused;
    private bool quiet;

    private PacketWalk(Table table, ExplainedPacket packet, IReadOnlySet<IpAddress> local)
    {
        (this.table, this.packet, this.local) = (table, packet, local);
        destination = new(packet.Destination, packet.Port);
    }

    /// <summary>Walks.</summary>
    /// <param name="table">The table, with its elements.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="local">The node's addresses.</param>
    public static WalkResult Run(Table table, ExplainedPacket packet, IReadOnlySet<IpAddress> local)
    {
        var first = new PacketWalk(table, packet, local);
        var verdict = first.Walk();
        // The other numbers lead through the same rules to other slots.
        for (var number = 1u; number < first.modulus; number++)
        {
            var other = new PacketWalk(table, packet, local) { draw = number, quiet = true };
            other.Walk();
            first.choices.AddRange(other.choices);
        }

        return new(verdict, first.steps, first.choices.Distinct().ToList(), first.masqueraded);
    }

    private WalkVerdict Walk()
    {
        ChainHook[] path = packet.Interface is null ? [ChainHook.Output] : [ChainHook.Prerouting];
        if (Hooks(path) is { } early)
        {
            return early;
        }

        ChainHook[] rest = packet.Interface is null ? [ChainHook.Postrouting] : local.Contains(destination.Address) ? [ChainHook.Input] : [ChainHook.Forward, ChainHook.Postrouting];
        return Hooks(rest) ?? (translated ? WalkVerdict.Translated : WalkVerdict.Untouched);
    }

    private WalkVerdict? Hooks(ChainHook[] path)
    {
        foreach (var hook in path)
        {
            foreach (var chain in table.Chains.Where(chain => chain.Base?.Hook == hook).OrderBy(static chain => chain.Base!.Priority))
            {
                if (Evaluate(chain, 0) == VerdictCode.Drop)
                {
                    return refused ? WalkVerdict.Refused : WalkVerdict.Dropped;
                }
            }
        }

        return null;
    }

    private VerdictCode? Evaluate(Chain chain, int depth)
    {
        if (depth >= DeepestJump)
        {
            return null;
        }

        foreach (var rule in chain.Rules)
        {
            SetElement? element = null;
            if (Evaluate(rule, ref element) is not { } verdict)
            {
                continue;
            }

            if (!quiet)
            {
                steps.Add(new(chain.Name, rule, element));
            }

            switch (verdict.Code)
            {
                case VerdictCode.Jump:
                    var before = steps.Count;
                    if (table.FindChain(verdict.Chain!) is { } called && Evaluate(called, depth + 1) is { } end)
                    {
                        return end;
                    }

                    if (!quiet && steps.Count == before)
                    {
                        // Nothing there was about it, so that the way there tells nothing.
                        steps.RemoveAt(before - 1);
                    }

                    continue;
                case VerdictCode.Goto:
                    return table.FindChain(verdict.Chain!) is { } next ? Evaluate(next, depth + 1) : null;
                case VerdictCode.Return:
                    return null;
                case VerdictCode.Continue:
                    continue;
                default:
                    return verdict.Code;
            }
        }

        return null;
    }

    /// <summary>What the rule comes to; Continue if it only did something, null if it does not match.</summary>
    private Verdict? Evaluate(Rule rule, ref SetElement? met)
    {
        Verdict? done = null;
        foreach (var statement in rule.Statements)
        {
            switch (statement)
            {
                case Match match:
                    if (Value(match.Left) is not { } left || left.Length < match.Right.Length
                        || left.Span[..match.Right.Length].SequenceEqual(match.Right.Span) != (match.Operator == MatchOperator.Equal))
                    {
                        return null;
                    }

                    break;
                case SetLookup lookup:
                    var found = Value(lookup.Key) is { } key ? Find(lookup.Set, key) : null;
                    if (found is null != lookup.Negated)
                    {
                        return null;
                    }

                    met = lookup.Set.Inline is null ? found : met;
                    break;
                case VerdictMapLookup lookup:
                    if (Value(lookup.Key) is not { } index || Find(lookup.Map, index) is not { } element)
                    {
                        return null;
                    }

                    met = lookup.Map.Inline is null ? element : met;
                    return element.Verdict;
                case VerdictStatement verdict:
                    return verdict.Verdict;
                case MetaSet { Key: MetaKey.Mark } set:
                    mark = Value(set.Value)?.ToUInt32() ?? mark;
                    done = Verdict.Continue;
                    break;
                case Reject:
                    refused = true;
                    return Verdict.Drop;
                case Nat { Destination: true } nat:
                    if (Value(nat.Target) is not { } target)
                    {
                        return null;
                    }

                    Translate(nat, target);
                    return Verdict.Accept;
                case Masquerade:
                    masqueraded = true;
                    return Verdict.Accept;
                case DynamicSet or Counter:
                    done = Verdict.Continue;
                    break;
                default:
                    // Of no rule of ours.
                    return null;
            }
        }

        return done;
    }

    private void Translate(Nat nat, NftData target)
    {
        var size = nat.Family == IpFamily.V4 ? 4 : 16;
        var port = target.Length >= size + 2 ? (ushort)((target.Span[size] << 8) | target.Span[size + 1]) : destination.Port;
        destination = new(IpAddress.FromBytes(target.Span[..size]), port);
        translated = true;
        choices.Add(destination);
    }

    private SetElement? Find(SetReference reference, NftData key)
    {
        var elements = (reference.Inline ?? table.FindSet(reference.Name!))?.Elements ?? [];
        int low = 0, high = elements.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = elements[middle].Key.CompareTo(key);
            if (order == 0)
            {
                return elements[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    private NftData? Value(Expression expression)
    {
        switch (expression)
        {
            case Constant constant:
                return constant.Value;
            case Payload payload when payload == Payload.ThDport:
                return NftScalar.Port(destination.Port);
            case Payload payload when payload == Payload.Daddr(packet.Destination.Family):
                return (NftScalar)destination.Address;
            case Payload payload when payload == Payload.Saddr(packet.Destination.Family):
                return (NftScalar)packet.Source;
            case Meta { Key: MetaKey.L4proto }:
                return NftScalar.Protocol(packet.Protocol);
            case Meta { Key: MetaKey.Mark }:
                return NftScalar.Mark(mark);
            case Meta { Key: MetaKey.Iifname }:
                return packet.Interface is { } name ? NftScalar.InterfaceName(name) : NftData.FromBytes(new byte[16]);
            case Ct { Key: CtKey.State }:
                return NftData.Integer((uint)CtState.New);
            case Ct { Key: CtKey.Status }:
                return NftData.Integer(translated ? (uint)CtStatus.Dnat : 0);
            case Fib fib:
                var address = (fib.Flags & FibFlags.Daddr) != 0 ? destination.Address : packet.Source;
                return NftData.Integer((uint)(local.Contains(address) ? FibAddressType.Local : FibAddressType.Unicast));
            case Bitwise bitwise:
                return Value(bitwise.Value) is { } value && value.Length == bitwise.Mask.Length ? And(value, bitwise) : null;
            case Numgen numgen:
                modulus = numgen.Modulus;
                return NftData.Integer(numgen.Offset + (draw % Math.Max(1, numgen.Modulus)));
            case Concat concat:
                return Join(concat);
            case MapLookup lookup:
                return Value(lookup.Key) is { } key ? Find(lookup.Map, key)?.Data : null;
            default:
                return null;
        }
    }

    private NftData? Join(Concat concat)
    {
        var bytes = new List<byte>();
        foreach (var part in concat.Parts)
        {
            if (Value(part) is not { } piece)
            {
                return null;
            }

            bytes.AddRange(piece.Span);
            bytes.AddRange(new byte[-piece.Length & 3]);
        }

        return NftData.FromBytes(CollectionsMarshal.AsSpan(bytes));
    }

    private static NftData And(NftData value, Bitwise bitwise)
    {
        var result = value.Span.ToArray();
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (byte)((result[i] & bitwise.Mask.Span[i]) ^ bitwise.Xor.Span[i]);
        }

        return NftData.FromBytes(result);
    }
}
