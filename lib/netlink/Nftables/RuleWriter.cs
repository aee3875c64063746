using Podwire.Netlink.Nftables.Expressions;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// Lowers a rule to the kernel's expressions: what a statement looks at is loaded into registers from slot 0 on, then the statement uses it.
/// <see cref="RuleReader"/> is the way back.
/// </summary>
internal sealed class RuleWriter(Queue<SetHandle> anonymousSets)
{
    // Where the input of a hash is put together, out of the way of its neighbours in a concatenation.
    private const int ScratchSlot = 8;

    /// <summary>Writes the expressions of a rule, in order. The handles of its anonymous sets are taken from the queue, in the order of <see cref="RuleReferences.All"/>.</summary>
    public void Write(ref NetlinkWriter writer, Rule rule)
    {
        foreach (var statement in rule.Statements)
        {
            Write(ref writer, statement);
        }
    }

    private void Write(ref NetlinkWriter writer, Statement statement)
    {
        switch (statement)
        {
            case Match match:
                Load(ref writer, match.Left, 0);
                CmpExpression.Write(ref writer, match.Operator, match.Right, 0);
                break;
            case MatchRange range:
                Load(ref writer, range.Left, 0);
                RangeExpression.Write(ref writer, range, 0);
                break;
            case SetLookup lookup:
                Load(ref writer, lookup.Key, 0);
                LookupExpression.WriteSet(ref writer, Handle(lookup.Set), 0, lookup.Negated);
                break;
            case VerdictMapLookup lookup:
                Load(ref writer, lookup.Key, 0);
                LookupExpression.WriteMap(ref writer, Handle(lookup.Map), 0, Register.Verdict);
                break;
            case VerdictStatement verdict:
                ImmediateExpression.Write(ref writer, verdict.Verdict);
                break;
            case MetaSet set:
                Load(ref writer, set.Value, 0);
                MetaExpression.WriteSet(ref writer, set.Key, 0);
                break;
            case CtSet set:
                Load(ref writer, set.Value, 0);
                CtExpression.WriteSet(ref writer, set.Key, 0);
                break;
            case Counter:
                CounterExpression.Write(ref writer);
                break;
            case Limit limit:
                LimitExpression.Write(ref writer, limit);
                break;
            case Log log:
                LogExpression.Write(ref writer, log);
                break;
            case Reject reject:
                RejectExpression.Write(ref writer, reject);
                break;
            case Nat nat:
                LoadTarget(ref writer, nat);
                NatExpression.Write(ref writer, nat, 0);
                break;
            case Masquerade masquerade:
                MasqueradeExpression.Write(ref writer, masquerade);
                break;
            case DynamicSet set:
                Load(ref writer, set.Key, 0);
                DynsetExpression.Write(ref writer, set, 0);
                break;
            case Queue queue:
                QueueExpression.Write(ref writer, queue);
                break;
            case Notrack:
                NotrackExpression.Write(ref writer);
                break;
            default:
                throw new ArgumentException($"a statement that cannot be written: {statement}", nameof(statement));
        }
    }

    private void Load(ref NetlinkWriter writer, Expression expression, int slot)
    {
        switch (expression)
        {
            case Payload payload:
                PayloadExpression.Write(ref writer, payload, slot);
                break;
            case Meta meta:
                MetaExpression.Write(ref writer, meta, slot);
                break;
            case Ct ct:
                CtExpression.Write(ref writer, ct, slot);
                break;
            case Fib fib:
                FibExpression.Write(ref writer, fib, slot);
                break;
            case Numgen numgen:
                NumgenExpression.Write(ref writer, numgen, slot);
                break;
            case Jhash hash:
                var input = slot < ScratchSlot ? ScratchSlot : throw new ArgumentException("a hash stands too far back in a concatenation", nameof(expression));
                Load(ref writer, hash.Input, input);
                HashExpression.Write(ref writer, hash, input, ExpressionSize.Of(hash.Input), slot);
                break;
            case Bitwise bitwise:
                Load(ref writer, bitwise.Value, slot);
                BitwiseExpression.Write(ref writer, bitwise, slot);
                break;
            case Constant constant:
                ImmediateExpression.Write(ref writer, constant.Value.Span, slot);
                break;
            case MapLookup lookup:
                Load(ref writer, lookup.Key, slot);
                LookupExpression.WriteMap(ref writer, Handle(lookup.Map), slot, Register.Of(slot));
                break;
            case Concat concat:
                foreach (var part in concat.Parts)
                {
                    Load(ref writer, part, slot);
                    slot += Register.SlotsFor(ExpressionSize.Of(part));
                }

                break;
            default:
                throw new ArgumentException($"an expression that cannot be written: {expression}", nameof(expression));
        }
    }

    private void LoadTarget(ref NetlinkWriter writer, Nat nat)
    {
        if (nat.Target is not Constant { Value: var value })
        {
            Load(ref writer, nat.Target, 0);
            return;
        }

        var size = nat.Family == IpFamily.V4 ? 4 : 16;
        ImmediateExpression.Write(ref writer, value.Span[..size], 0);
        if (nat.WithPort)
        {
            ImmediateExpression.Write(ref writer, value.Span.Slice(size, 2), NatExpression.AddressSlots(nat.Family));
        }
    }

    private SetHandle Handle(SetReference reference) => reference.Name is { } name ? new(name) : anonymousSets.Dequeue();
}
