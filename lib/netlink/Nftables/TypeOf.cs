using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>
/// The userdata by which nft remembers that a set was declared with <c>typeof</c> (nft's *_udata_build functions): the expression's kind and,
/// nested, what it reads. Numbers are in host order.
/// </summary>
internal static class TypeOf
{
    private const int KindAttribute = 0, DataAttribute = 1;
    private const uint ExprPayload = 7, ExprMeta = 9, ExprCt = 12, ExprConcat = 13, ExprNumgen = 23, ExprFib = 26;

    // nft's proto.h: which header, and which field of it.
    private const uint ProtoTh = 11, ProtoIp = 12, ProtoIp6 = 13;

    /// <summary>True if nft can be told of this expression.</summary>
    public static bool CanWrite(Expression expression) => expression switch
    {
        Payload payload => PayloadField(payload).Protocol != 0,
        Meta or Numgen or Fib or Ct => true,
        _ => false,
    };

    /// <summary>Writes the value of a KEY_TYPEOF or DATA_TYPEOF entry and returns its length.</summary>
    /// <exception cref="ArgumentException">An expression that nft has no such form for.</exception>
    public static int Write(Span<byte> destination, ValueList<KeyField> fields)
    {
        var writer = new TlvWriter(destination);
        if (fields.Count == 1)
        {
            Write(ref writer, fields[0].TypeOf!);
            return writer.Length;
        }

        writer.UInt32(KindAttribute, ExprConcat);
        var data = writer.Begin(DataAttribute);
        for (var i = 0; i < fields.Count; i++)
        {
            var item = writer.Begin(i);
            Write(ref writer, fields[i].TypeOf ?? throw new ArgumentException("either all fields of a set are declared by typeof or none is", nameof(fields)));
            writer.End(item);
        }

        writer.End(data);
        return writer.Length;
    }

    /// <summary>The expressions, one per field; empty where they are not known here.</summary>
    public static List<Expression> Read(ReadOnlySpan<byte> value)
    {
        var expressions = new List<Expression>();
        var kind = Split(value, out var data);
        if (kind != ExprConcat)
        {
            return ReadOne(kind, data) is { } single ? [single] : [];
        }

        while (Userdata.TryTake(ref data, out _, out var item))
        {
            if (ReadOne(Split(item, out var itemData), itemData) is not { } expression)
            {
                return [];
            }

            expressions.Add(expression);
        }

        return expressions;
    }

    private static void Write(ref TlvWriter writer, Expression expression)
    {
        switch (expression)
        {
            case Payload payload when PayloadField(payload) is { Protocol: not 0 } field:
                Write(ref writer, ExprPayload, field.Protocol, field.Field);
                break;
            case Meta meta:
                Write(ref writer, ExprMeta, (uint)meta.Key);
                break;
            case Ct ct:
                Write(ref writer, ExprCt, (uint)ct.Key, ct.Direction is { } direction ? (uint)direction : uint.MaxValue);
                break;
            case Numgen numgen:
                Write(ref writer, ExprNumgen, numgen.Random ? 1u : 0u, numgen.Modulus, numgen.Offset);
                break;
            case Fib fib:
                Write(ref writer, ExprFib, (uint)fib.Result, (uint)fib.Flags);
                break;
            default:
                throw new ArgumentException($"{expression} cannot be the typeof of a set's field", nameof(expression));
        }
    }

    private static void Write(ref TlvWriter writer, uint kind, params ReadOnlySpan<uint> numbers)
    {
        writer.UInt32(KindAttribute, kind);
        var data = writer.Begin(DataAttribute);
        for (var i = 0; i < numbers.Length; i++)
        {
            writer.UInt32(i, numbers[i]);
        }

        writer.End(data);
    }

    private static uint Split(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> data)
    {
        uint kind = 0;
        data = default;
        while (Userdata.TryTake(ref value, out var type, out var content))
        {
            if (type == KindAttribute && content.Length == 4)
            {
                kind = BitConverter.ToUInt32(content);
            }
            else if (type == DataAttribute)
            {
                data = content;
            }
        }

        return kind;
    }

    private static Expression? ReadOne(uint kind, ReadOnlySpan<byte> data)
    {
        Span<uint> numbers = stackalloc uint[3];
        numbers.Clear();
        while (Userdata.TryTake(ref data, out var type, out var content))
        {
            if (type < numbers.Length && content.Length == 4)
            {
                numbers[type] = BitConverter.ToUInt32(content);
            }
        }

        return kind switch
        {
            ExprPayload => Payload(numbers[0], numbers[1]),
            ExprMeta => new Meta((MetaKey)numbers[0]) is { Type: not null } meta ? meta : null,
            ExprCt => new Ct((CtKey)numbers[0], numbers[1] <= 1 ? (CtDirection)numbers[1] : null) is { Type: not null } ct ? ct : null,
            ExprNumgen => new Numgen(numbers[1], numbers[0] == 1, numbers[2]),
            ExprFib => new Fib((FibFlags)numbers[1], (FibResult)numbers[0]) is { Type: not null } fib ? fib : null,
            _ => null,
        };
    }

    private static (uint Protocol, uint Field) PayloadField(Payload payload) => (payload.Base, payload.Offset, payload.Length) switch
    {
        (PayloadBase.Network, 12, 4) => (ProtoIp, 11),
        (PayloadBase.Network, 16, 4) => (ProtoIp, 12),
        (PayloadBase.Network, 9, 1) => (ProtoIp, 9),
        (PayloadBase.Network, 8, 16) => (ProtoIp6, 8),
        (PayloadBase.Network, 24, 16) => (ProtoIp6, 9),
        (PayloadBase.Transport, 0, 2) => (ProtoTh, 1),
        (PayloadBase.Transport, 2, 2) => (ProtoTh, 2),
        _ => default,
    };

    private static Payload? Payload(uint protocol, uint field) => (protocol, field) switch
    {
        (ProtoIp, 11) => Ruleset.Payload.IpSaddr,
        (ProtoIp, 12) => Ruleset.Payload.IpDaddr,
        (ProtoIp, 9) => Ruleset.Payload.IpProtocol,
        (ProtoIp6, 8) => Ruleset.Payload.Ip6Saddr,
        (ProtoIp6, 9) => Ruleset.Payload.Ip6Daddr,
        (ProtoTh, 1) => Ruleset.Payload.ThSport,
        (ProtoTh, 2) => Ruleset.Payload.ThDport,
        _ => null,
    };
}
