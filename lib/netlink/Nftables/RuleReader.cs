using Podwire.Netlink.Interop;
using Podwire.Netlink.Nftables.Expressions;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// Reads a rule's expressions back into statements by following what each register holds. An expression that this model has no word for
/// becomes an <see cref="UnknownStatement"/>, so that the rule equals none that anyone asks for.
/// </summary>
internal sealed class RuleReader(IReadOnlyDictionary<string, SetObject> sets)
{
    private readonly Expression?[] slots = new Expression?[Register.Slots];
    private readonly List<Statement> statements = [];

    /// <summary>The verdicts that were read so far.</summary>
    public ReadPool Pool { get; } = new();

    /// <summary>Reads the list of expressions of one rule.</summary>
    public ValueList<Statement> Read(AttributeReader list)
    {
        statements.Clear();
        Array.Clear(slots);
        while (list.Read())
        {
            if (list.Type == NfTables.NFTA_LIST_ELEM)
            {
                ReadExpression(list.Nested());
            }
        }

        return ValueList.From(statements);
    }

    /// <summary>The set of this name in the table, or null.</summary>
    public SetObject? FindSet(string name) => sets.GetValueOrDefault(name);

    /// <summary>Notes what a register holds from now on.</summary>
    public void Load(uint register, Expression expression)
    {
        if (Register.Slot(register) is >= 0 and var slot)
        {
            slots[slot] = expression;
        }
        else
        {
            Unknown("register");
        }
    }

    /// <summary>What <paramref name="length"/> bytes from a register on hold: one expression or several side by side; null if that is not known.</summary>
    public Expression? Take(uint register, int length)
    {
        var slot = Register.Slot(register);
        if (slot < 0 || slots[slot] is not { } first)
        {
            return null;
        }

        // The width of a map's value is the map's business; a shorter comparison than what was loaded is a prefix match.
        var wanted = Register.SlotsFor(length);
        if (first is MapLookup || Register.SlotsFor(ExpressionSize.Of(first)) >= wanted)
        {
            return first;
        }

        var parts = new List<Expression>();
        for (var taken = 0; taken < wanted;)
        {
            if (slot + taken >= slots.Length || slots[slot + taken] is not { } part || part is MapLookup)
            {
                return null;
            }

            parts.Add(part);
            taken += Math.Max(1, Register.SlotsFor(ExpressionSize.Of(part)));
        }

        return new Concat(ValueList.From(parts));
    }

    /// <summary>Appends a statement, or the fact that the expression <paramref name="name"/> was not understood when it is null.</summary>
    public void Add(Statement? statement, string name) => statements.Add(statement ?? new UnknownStatement(name));

    /// <summary>Notes an expression that was not understood.</summary>
    public void Unknown(string name) => statements.Add(new UnknownStatement(name));

    private void ReadExpression(AttributeReader expression)
    {
        var name = string.Empty;
        AttributeReader data = default;
        while (expression.Read())
        {
            switch (expression.Type)
            {
                case NfTables.NFTA_EXPR_NAME:
                    name = expression.String();
                    break;
                case NfTables.NFTA_EXPR_DATA:
                    data = expression.Nested();
                    break;
            }
        }

        switch (name)
        {
            case PayloadExpression.Name:
                PayloadExpression.Read(data, this);
                break;
            case MetaExpression.Name:
                MetaExpression.Read(data, this);
                break;
            case CtExpression.Name:
                CtExpression.Read(data, this);
                break;
            case FibExpression.Name:
                FibExpression.Read(data, this);
                break;
            case NumgenExpression.Name:
                NumgenExpression.Read(data, this);
                break;
            case HashExpression.Name:
                HashExpression.Read(data, this);
                break;
            case BitwiseExpression.Name:
                BitwiseExpression.Read(data, this);
                break;
            case ImmediateExpression.Name:
                ImmediateExpression.Read(data, this);
                break;
            case CmpExpression.Name:
                CmpExpression.Read(data, this);
                break;
            case RangeExpression.Name:
                RangeExpression.Read(data, this);
                break;
            case LookupExpression.Name:
                LookupExpression.Read(data, this);
                break;
            case DynsetExpression.Name:
                DynsetExpression.Read(data, this);
                break;
            case NatExpression.Name:
                NatExpression.Read(data, this);
                break;
            case MasqueradeExpression.Name:
                MasqueradeExpression.Read(data, this);
                break;
            case RejectExpression.Name:
                RejectExpression.Read(data, this);
                break;
            case LogExpression.Name:
                LogExpression.Read(data, this);
                break;
            case LimitExpression.Name:
                LimitExpression.Read(data, this);
                break;
            case CounterExpression.Name:
                CounterExpression.Read(data, this);
                break;
            case QueueExpression.Name:
                QueueExpression.Read(data, this);
                break;
            case NotrackExpression.Name:
                NotrackExpression.Read(this);
                break;
            default:
                Unknown(name);
                break;
        }
    }
}
