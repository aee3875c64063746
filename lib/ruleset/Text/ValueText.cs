using System.Numerics;
using System.Text;
using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>Writes values in the syntax of nft(8), by type.</summary>
internal static class ValueText
{
    private static readonly string[] CtStates = ["invalid", "established", "related", "new", "", "", "untracked"];
    private static readonly string[] CtStatuses = ["expected", "seen-reply", "assured", "confirmed", "snat", "dnat"];

    /// <summary>One field.</summary>
    public static string Field(NftType? type, ReadOnlySpan<byte> value)
    {
        if (type is null || value.Length != type.Size)
        {
            return Hexadecimal(value);
        }

        return type.Name switch
        {
            "ipv4_addr" or "ipv6_addr" => IpAddress.FromBytes(value).ToString(),
            "ether_addr" => MacAddress.FromBytes(value).ToString(),
            "inet_proto" => Protocol(value[0]),
            "inet_service" => ((value[0] << 8) | value[1]).ToString(),
            "mark" => $"0x{BitConverter.ToUInt32(value):x8}",
            "nf_proto" => value[0] switch { 2 => "ipv4", 10 => "ipv6", var other => other.ToString() },
            "ct_state" => Bits(BitConverter.ToUInt32(value), CtStates),
            "ct_status" => Bits(BitConverter.ToUInt32(value), CtStatuses),
            "ct_dir" => value[0] == 0 ? "original" : "reply",
            "icmp_type" => value[0] switch { 0 => "echo-reply", 3 => "destination-unreachable", 8 => "echo-request", 11 => "time-exceeded", var other => other.ToString() },
            "icmpv6_type" => value[0].ToString(),
            "pkt_type" => value[0] switch { 0 => "host", 1 => "broadcast", 2 => "multicast", 3 => "other", var other => other.ToString() },
            "fib_addrtype" => BitConverter.ToUInt32(value) switch { 1 => "unicast", 2 => "local", 3 => "broadcast", 5 => "multicast", var other => other.ToString() },
            "ifname" => Quoted(Encoding.UTF8.GetString(value[..(value.IndexOf((byte)0) is >= 0 and var zero ? zero : value.Length)])),
            "ether_type" => $"0x{value[0]:x2}{value[1]:x2}",
            _ => BitConverter.ToUInt32(value).ToString(),
        };
    }

    /// <summary>A key or value of several fields, or a range of them.</summary>
    public static string Key(ValueList<KeyField> fields, NftData first, NftData last = default)
    {
        if (fields.Count == 1)
        {
            return Range(fields[0].Type, first.Span, last.IsNone ? first.Span : last.Span);
        }

        var text = new StringBuilder();
        var at = 0;
        foreach (var field in fields)
        {
            if (at > 0)
            {
                text.Append(" . ");
            }

            var from = first.Span.Slice(at, field.Type.Size);
            text.Append(Range(field.Type, from, last.IsNone ? from : last.Span.Slice(at, field.Type.Size)));
            at += field.Type.PaddedSize;
        }

        return text.ToString();
    }

    /// <summary><c>a</c>, <c>a-b</c> or, where a range of addresses is one, a prefix.</summary>
    public static string Range(NftType? type, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (from.SequenceEqual(to))
        {
            return Field(type, from);
        }

        return (type == NftType.Ipv4Address || type == NftType.Ipv6Address) && PrefixOf(IpAddress.FromBytes(from), IpAddress.FromBytes(to)) is { IsNone: false } prefix
            ? prefix.ToString()
            : $"{Field(type, from)}-{Field(type, to)}";
    }

    /// <summary>The length of a contiguous mask, or -1.</summary>
    public static int MaskLength(ReadOnlySpan<byte> mask)
    {
        var length = 0;
        while (length < mask.Length * 8 && (mask[length / 8] & (0x80 >> (length % 8))) != 0)
        {
            length++;
        }

        for (var rest = length; rest < mask.Length * 8; rest++)
        {
            if ((mask[rest / 8] & (0x80 >> (rest % 8))) != 0)
            {
                return -1;
            }
        }

        return length;
    }

    /// <summary>The names of bits, joined by commas.</summary>
    public static string Bits(NftType type, uint bits) => Bits(bits, type == NftType.CtState ? CtStates : CtStatuses);

    public static string Protocol(byte protocol) => (IpProtocol)protocol switch
    {
        IpProtocol.Icmp => "icmp",
        IpProtocol.Tcp => "tcp",
        IpProtocol.Udp => "udp",
        IpProtocol.IcmpV6 => "ipv6-icmp",
        IpProtocol.Sctp => "sctp",
        _ => protocol.ToString(),
    };

    public static string Quoted(string text) => $"\"{text}\"";

    /// <summary>As nft writes times: <c>1d2h3m4s5ms</c>.</summary>
    public static string Time(TimeSpan time)
    {
        var text = new StringBuilder();
        Append(time.Days, "d");
        Append(time.Hours, "h");
        Append(time.Minutes, "m");
        Append(time.Seconds, "s");
        Append(time.Milliseconds, "ms");
        return text.Length == 0 ? "0s" : text.ToString();

        void Append(int count, string unit)
        {
            if (count != 0)
            {
                text.Append(count).Append(unit);
            }
        }
    }

    private static IpPrefix PrefixOf(IpAddress first, IpAddress last)
    {
        var differing = first.Value ^ last.Value;
        var hostBits = 128 - (int)UInt128.LeadingZeroCount(differing);
        var prefix = new IpPrefix(first, first.Bits - hostBits);
        return prefix.First == first && prefix.Last == last ? prefix : default;
    }

    private static string Bits(uint bits, string[] names)
    {
        var words = new List<string>();
        for (; bits != 0; bits &= bits - 1)
        {
            var bit = BitOperations.TrailingZeroCount(bits);
            words.Add(bit < names.Length && names[bit].Length > 0 ? names[bit] : $"0x{1u << bit:x}");
        }

        return words.Count == 0 ? "0" : string.Join(',', words);
    }

    private static string Hexadecimal(ReadOnlySpan<byte> value) => $"0x{Convert.ToHexStringLower(value)}";
}
