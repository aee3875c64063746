using System.Runtime.InteropServices;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Tests.Model;

/// <summary>
/// Sends first packets of connections through a table as the kernel does (hooks, priorities, jumps, look-ups, translation), for every
/// number that numgen may draw. It interprets the typed model, so that it judges what the rules do and not how they are written.
/// </summary>
internal sealed class PacketInterpreter
{
    private readonly Table table;
    private readonly IReadOnlySet<IpAddress> local;
    private readonly Dictionary<string, Dictionary<NftData, SetElement>> sets;
    private readonly Dictionary<string, Chain> chains;

    public PacketInterpreter(Table table, IEnumerable<IpAddress> localAddresses)
    {
        this.table = table;
        local = localAddresses.ToHashSet();
        sets = table.Sets.ToDictionary(set => set.Name, set => set.Elements.ToDictionary(element => element.Key));
        chains = table.Chains.ToDictionary(chain => chain.Name);
    }

    /// <summary>Every outcome that is possible.</summary>
    public HashSet<PacketOutcome> Outcomes(TestPacket packet)
    {
        var outcomes = new HashSet<PacketOutcome>();
        var draws = new Draws();
        do
        {
            outcomes.Add(Run(packet, draws));
        }
        while (draws.Next());
        return outcomes;
    }

    private PacketOutcome Run(TestPacket packet, Draws draws)
    {
        var state = new Walk { Packet = packet, Destination = new(packet.Destination, packet.Port), Draws = draws };
        ChainHook[] path = packet.Interface is null ? [ChainHook.Output, ChainHook.Postrouting] : [ChainHook.Prerouting];
        foreach (var hook in path)
        {
            if (Hook(hook, state) is { } end)
            {
                return end;
            }
        }

        if (packet.Interface is not null)
        {
            ChainHook[] rest = local.Contains(state.Destination.Address) ? [ChainHook.Input] : [ChainHook.Forward, ChainHook.Postrouting];
            foreach (var hook in rest)
            {
                if (Hook(hook, state) is { } end)
                {
                    return end;
                }
            }
        }

        return PacketOutcome.To(state.Destination, state.Masqueraded);
    }

    private PacketOutcome? Hook(ChainHook hook, Walk state)
    {
        foreach (var chain in table.Chains.Where(chain => chain.Base?.Hook == hook).OrderBy(chain => chain.Base!.Priority))
        {
            switch (Evaluate(chain, state, 0))
            {
                case VerdictCode.Drop:
                    return state.Refused ? PacketOutcome.Refused : PacketOutcome.Dropped;
                case null when chain.Base!.DropByDefault:
                    return PacketOutcome.Dropped;
            }
        }

        return null;
    }

    /// <summary>The verdict, or null where the chain ends without one.</summary>
    private VerdictCode? Evaluate(Chain chain, Walk state, int depth)
    {
        Assert.True(depth < 16, "NFT_JUMP_STACK_SIZE");
        foreach (var rule in chain.Rules)
        {
            if (Evaluate(rule, state) is not { } verdict)
            {
                continue;
            }

            switch (verdict.Code)
            {
                case VerdictCode.Jump:
                    if (Evaluate(chains[verdict.Chain!], state, depth + 1) is { } end)
                    {
                        return end;
                    }

                    continue;
                case VerdictCode.Goto:
                    return Evaluate(chains[verdict.Chain!], state, depth + 1);
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

    private Verdict? Evaluate(Rule rule, Walk state)
    {
        foreach (var statement in rule.Statements)
        {
            switch (statement)
            {
                case Match match:
                    // A shorter right side is the beginning of an interface name.
                    if (Value(match.Left, state) is not { } left
                        || left.Span[..match.Right.Length].SequenceEqual(match.Right.Span) != (match.Operator == MatchOperator.Equal))
                    {
                        return null;
                    }

                    break;
                case SetLookup lookup:
                    if (Value(lookup.Key, state) is not { } key || Find(lookup.Set, key) is null != lookup.Negated)
                    {
                        return null;
                    }

                    break;
                case VerdictMapLookup lookup:
                    if (Value(lookup.Key, state) is { } index && Find(lookup.Map, index) is { } element)
                    {
                        return element.Verdict;
                    }

                    return null;
                case VerdictStatement verdict:
                    return verdict.Verdict;
                case MetaSet { Key: MetaKey.Mark } set:
                    state.Mark = Value(set.Value, state)!.Value.ToUInt32();
                    break;
                case Reject:
                    state.Refused = true;
                    return Verdict.Drop;
                case Nat { Destination: true, WithPort: true } nat:
                    if (Value(nat.Target, state) is not { } target)
                    {
                        return null;
                    }

                    var size = nat.Family == IpFamily.V4 ? 4 : 16;
                    state.Destination = new(IpAddress.FromBytes(target.Span[..size]), (ushort)((target.Span[size] << 8) | target.Span[size + 1]));
                    state.Translated = true;
                    return Verdict.Accept;
                case Masquerade:
                    state.Masqueraded = true;
                    return Verdict.Accept;
                case DynamicSet update:
                    sets[update.Set][Value(update.Key, state)!.Value] = SetElement.Of(Value(update.Key, state)!.Value);
                    break;
                case Counter:
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
        if (reference.Inline is { } inline)
        {
            return inline.Elements.FirstOrDefault(element => element.Key == key);
        }

        return sets[reference.Name!].GetValueOrDefault(key);
    }

    private NftData? Value(Expression expression, Walk state)
    {
        switch (expression)
        {
            case Constant constant:
                return constant.Value;
            case Payload payload when payload == Payload.ThDport:
                return NftScalar.Port(state.Destination.Port);
            case Payload payload when payload == Payload.Daddr(state.Packet.Destination.Family):
                return (NftScalar)state.Destination.Address;
            case Payload payload when payload == Payload.Saddr(state.Packet.Destination.Family):
                return (NftScalar)state.Packet.Source;
            case Meta { Key: MetaKey.L4proto }:
                return NftScalar.Protocol(state.Packet.Protocol);
            case Meta { Key: MetaKey.Mark }:
                return NftScalar.Mark(state.Mark);
            case Meta { Key: MetaKey.Iifname }:
                return state.Packet.Interface is { } name ? NftScalar.InterfaceName(name) : NftData.FromBytes(new byte[16]);
            case Ct { Key: CtKey.State }:
                return NftData.Integer((uint)CtState.New);
            case Ct { Key: CtKey.Status }:
                return NftData.Integer(state.Translated ? (uint)CtStatus.Dnat : 0);
            case Fib fib:
                var address = (fib.Flags & FibFlags.Daddr) != 0 ? state.Destination.Address : state.Packet.Source;
                return NftData.Integer((uint)(local.Contains(address) ? FibAddressType.Local : FibAddressType.Unicast));
            case Bitwise bitwise:
                return Value(bitwise.Value, state) is { } value ? And(value, bitwise) : null;
            case Numgen numgen:
                return NftData.Integer(numgen.Offset + state.Draws.Draw(numgen.Modulus));
            case Concat concat:
                var bytes = new List<byte>();
                foreach (var part in concat.Parts)
                {
                    if (Value(part, state) is not { } piece)
                    {
                        return null;
                    }

                    bytes.AddRange(piece.Span);
                    bytes.AddRange(new byte[-piece.Length & 3]);
                }

                return NftData.FromBytes(CollectionsMarshal.AsSpan(bytes));
            case MapLookup lookup:
                return Value(lookup.Key, state) is { } key ? Find(lookup.Map, key)?.Data : null;
            default:
                Assert.Fail($"an expression that the interpreter does not know: {expression}");
                return null;
        }
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

    private sealed class Walk
    {
        public required TestPacket Packet { get; init; }

        public required Draws Draws { get; init; }

        public EndpointAddress Destination { get; set; }

        public uint Mark { get; set; }

        public bool Translated { get; set; }

        public bool Masqueraded { get; set; }

        public bool Refused { get; set; }
    }

    /// <summary>Goes through every number that numgen may give; a connection draws once.</summary>
    private sealed class Draws
    {
        private uint current;
        private uint modulus = 1;

        public uint Draw(uint of)
        {
            modulus = of;
            return current;
        }

        public bool Next() => ++current < modulus;
    }
}
