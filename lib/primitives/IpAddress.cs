using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Podwire.Primitives;

/// <summary>
/// An IPv4 or IPv6 address as a value: 24 bytes, no heap object (a <see cref="IPAddress"/> costs 72 to 80 bytes).
/// Ordered by family, then numerically. IPv6 scopes (<c>%eth0</c>) are refused: nothing here routes by them.
/// </summary>
public readonly record struct IpAddress : IComparable<IpAddress>, ISpanFormattable, ISpanParsable<IpAddress>
{
    // Two halves instead of a UInt128, whose alignment would make this 32 bytes: there are arrays of hundreds of thousands.
    private readonly ulong upper;
    private readonly ulong lower;

    private IpAddress(IpFamily family, UInt128 value)
    {
        Family = family;
        upper = (ulong)(value >> 64);
        lower = (ulong)value;
    }

    /// <summary>The family. <c>default(IpAddress)</c> has neither; see <see cref="IsNone"/>.</summary>
    public IpFamily Family { get; }

    /// <summary>True for <c>default</c>: no address at all.</summary>
    public bool IsNone => Family == 0;

    /// <summary>True for IPv4.</summary>
    public bool IsV4 => Family == IpFamily.V4;

    /// <summary>True for IPv6.</summary>
    public bool IsV6 => Family == IpFamily.V6;

    /// <summary>Width of an address of this family in bits: 32 or 128.</summary>
    public int Bits => IsV4 ? 32 : 128;

    /// <summary>Width of an address of this family in bytes: 4 or 16.</summary>
    public int Size => IsV4 ? 4 : 16;

    /// <summary>The address as a number, most significant byte first on the wire.</summary>
    public UInt128 Value => new(upper, lower);

    /// <summary>True for 0.0.0.0 and ::.</summary>
    public bool IsUnspecified => Value == UInt128.Zero;

    /// <summary>True for 127.0.0.0/8 and ::1.</summary>
    public bool IsLoopback => IsV4 ? (uint)lower >> 24 == 127 : Value == UInt128.One;

    /// <summary>True for 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291 section 2.5.6).</summary>
    public bool IsLinkLocal => IsV4 ? (uint)lower >> 16 == 0xA9FE : upper >> 54 == 0x3FA;

    /// <summary>True for 224.0.0.0/4 and ff00::/8.</summary>
    public bool IsMulticast => IsV4 ? (uint)lower >> 28 == 0xE : upper >> 56 == 0xFF;

    /// <summary>0.0.0.0 or ::.</summary>
    public static IpAddress Any(IpFamily family) => new(family, UInt128.Zero);

    /// <summary>An IPv4 address from its number in host order: 0x7f000001 is 127.0.0.1.</summary>
    public static IpAddress FromV4(uint value) => new(IpFamily.V4, value);

    /// <summary>An address from its number; for IPv4 the upper 96 bits must be zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An IPv4 number of more than 32 bits.</exception>
    public static IpAddress FromValue(IpFamily family, UInt128 value)
    {
        if (family == IpFamily.V4)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, (UInt128)uint.MaxValue);
        }

        return new(family, value);
    }

    /// <summary>An address from its 4 or 16 bytes in network order.</summary>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes) => TryFromBytes(bytes, out var address)
        ? address
        : throw new ArgumentException($"an address has 4 or 16 bytes, not {bytes.Length}", nameof(bytes));

    /// <summary>An address from its 4 or 16 bytes in network order; false for any other length.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out IpAddress address)
    {
        address = bytes.Length switch
        {
            4 => new(IpFamily.V4, BinaryPrimitives.ReadUInt32BigEndian(bytes)),
            16 => new(IpFamily.V6, BinaryPrimitives.ReadUInt128BigEndian(bytes)),
            _ => default,
        };
        return !address.IsNone;
    }

    /// <summary>From the framework's address; an IPv4-mapped IPv6 address stays IPv6.</summary>
    public static IpAddress FromIPAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return FromBytes(bytes[..written]);
    }

    /// <summary>As the framework's address, for sockets.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteTo(bytes)]);
    }

    /// <summary>Writes the bytes in network order and returns how many: 4 or 16.</summary>
    public int WriteTo(Span<byte> destination)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)lower);
            return 4;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, upper);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], lower);
        return 16;
    }

    /// <summary>The bytes in network order, in a new array.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        WriteTo(bytes);
        return bytes;
    }

    /// <summary>The address <paramref name="count"/> after this one (before it when negative), wrapping at the end of the family.</summary>
    public IpAddress Add(Int128 count)
    {
        var moved = unchecked(Value + (UInt128)count);
        return new(Family, IsV4 ? (uint)moved : moved);
    }

    /// <inheritdoc/>
    public int CompareTo(IpAddress other)
    {
        var byFamily = Family.CompareTo(other.Family);
        if (byFamily != 0)
        {
            return byFamily;
        }

        var byUpper = upper.CompareTo(other.upper);
        return byUpper != 0 ? byUpper : lower.CompareTo(other.lower);
    }

    /// <summary>Numeric order within a family, IPv4 before IPv6.</summary>
    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    /// <summary>Numeric order within a family, IPv4 before IPv6.</summary>
    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    /// <summary>Numeric order within a family, IPv4 before IPv6.</summary>
    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    /// <summary>Numeric order within a family, IPv4 before IPv6.</summary>
    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    /// <summary>Parses dotted-quad IPv4 (four decimal parts, no leading zeros) or RFC 4291 IPv6 text.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static IpAddress Parse(ReadOnlySpan<char> text) => TryParse(text, out var address)
        ? address
        : throw new FormatException($"'{text}' is not an IP address");

    /// <summary>As <see cref="Parse(ReadOnlySpan{char})"/>, without the exception.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        if (text.Contains(':'))
        {
            if (text.Contains('%') || text[0] == '[' || !IPAddress.TryParse(text, out var v6) || v6.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            address = FromIPAddress(v6);
            return true;
        }

        return TryParseV4(text, out address);
    }

    private static bool TryParseV4(ReadOnlySpan<char> text, out IpAddress address)
    {
        address = default;
        uint bits = 0, part = 0;
        int parts = 0, digits = 0;
        foreach (var c in text)
        {
            if (c == '.')
            {
                if (digits == 0 || ++parts > 3)
                {
                    return false;
                }

                bits = (bits << 8) | part;
                part = 0;
                digits = 0;
                continue;
            }

            // RFC 6943 section 3.1.1: a leading zero is ambiguous (octal in some readers), so it is refused as Go does.
            if (!char.IsAsciiDigit(c) || (digits > 0 && part == 0) || (part = (part * 10) + (uint)(c - '0')) > 255)
            {
                return false;
            }

            digits++;
        }

        if (parts != 3 || digits == 0)
        {
            return false;
        }

        address = FromV4((bits << 8) | part);
        return true;
    }

    /// <inheritdoc/>
    public static IpAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out IpAddress result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static IpAddress Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan());

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out IpAddress result) => TryParse(s.AsSpan(), out result);

    /// <summary>The canonical text: dotted quad, or RFC 5952.</summary>
    public override string ToString()
    {
        Span<char> text = stackalloc char[65];
        return TryFormat(text, out var written, default, null) ? new string(text[..written]) : string.Empty;
    }

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        if (IsV4)
        {
            var v4 = (uint)lower;
            return destination.TryWrite($"{v4 >> 24}.{(v4 >> 16) & 255}.{(v4 >> 8) & 255}.{v4 & 255}", out charsWritten);
        }

        if (IsV6)
        {
            return ToIPAddress().TryFormat(destination, out charsWritten);
        }

        return "<none>".AsSpan().TryCopyTo(destination) ? (charsWritten = 6) > 0 : (charsWritten = 0) > 0;
    }
}
