using System.Diagnostics.CodeAnalysis;

namespace Podwire.Primitives;

/// <summary>A 48-bit Ethernet address (IEEE 802 EUI-48).</summary>
public readonly record struct MacAddress : IComparable<MacAddress>, ISpanParsable<MacAddress>
{
    private MacAddress(ulong value) => Value = value;

    /// <summary>The 48 bits, first byte on the wire most significant.</summary>
    public ulong Value { get; }

    /// <summary>True for 00:00:00:00:00:00.</summary>
    public bool IsZero => Value == 0;

    /// <summary>True if the group bit is set: broadcast or multicast, not usable for an interface.</summary>
    public bool IsGroup => (Value >> 40 & 1) != 0;

    /// <summary>From six bytes.</summary>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 6)
        {
            throw new ArgumentException($"a MAC address has 6 bytes, not {bytes.Length}", nameof(bytes));
        }

        ulong value = 0;
        foreach (var b in bytes)
        {
            value = (value << 8) | b;
        }

        return new(value);
    }

    /// <summary>A locally administered unicast address (bits x2) made of the low 40 bits of <paramref name="seed"/> behind the first byte 0x0a..: the same seed gives the same address.</summary>
    public static MacAddress LocallyAdministered(ulong seed) => new((seed & 0x00FF_FFFF_FFFFUL) | 0x0A00_0000_0000UL);

    /// <summary>Writes the six bytes.</summary>
    public void WriteTo(Span<byte> destination)
    {
        for (var i = 0; i < 6; i++)
        {
            destination[i] = (byte)(Value >> (40 - (8 * i)));
        }
    }

    /// <inheritdoc/>
    public int CompareTo(MacAddress other) => Value.CompareTo(other.Value);

    /// <summary>Numeric order.</summary>
    public static bool operator <(MacAddress left, MacAddress right) => left.Value < right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >(MacAddress left, MacAddress right) => left.Value > right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator <=(MacAddress left, MacAddress right) => left.Value <= right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(MacAddress left, MacAddress right) => left.Value >= right.Value;

    /// <summary>Parses six pairs of hexadecimal digits joined by ':' or '-'.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static MacAddress Parse(ReadOnlySpan<char> text) => TryParse(text, out var mac)
        ? mac
        : throw new FormatException($"'{text}' is not a MAC address, such as 0a:58:0a:f4:00:02");

    /// <summary>As <see cref="Parse(ReadOnlySpan{char})"/>, without the exception.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MacAddress mac)
    {
        mac = default;
        if (text.Length != 17)
        {
            return false;
        }

        ulong value = 0;
        for (var i = 0; i < 17; i++)
        {
            var c = text[i];
            if (i % 3 == 2)
            {
                if (c is not (':' or '-') || c != text[2])
                {
                    return false;
                }

                continue;
            }

            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }

            value = (value << 4) | (uint)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
        }

        mac = new(value);
        return true;
    }

    /// <inheritdoc/>
    public static MacAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out MacAddress result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static MacAddress Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan());

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MacAddress result) => TryParse(s.AsSpan(), out result);

    /// <summary>Lower-case hexadecimal with colons.</summary>
    public override string ToString() => string.Create(17, Value, static (text, value) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = i % 3 == 2 ? ':' : "0123456789abcdef"[(int)(value >> (44 - (i / 3 * 8) - (i % 3 * 4))) & 15];
        }
    });
}
