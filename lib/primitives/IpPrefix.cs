using System.Globalization;
using System.Diagnostics.CodeAnalysis;

namespace Podwire.Primitives;

/// <summary>
/// An address with a prefix length. It may carry host bits, as an interface address does (10.1.2.3/24);
/// <see cref="Masked"/> is the network they belong to.
/// </summary>
public readonly record struct IpPrefix : IComparable<IpPrefix>, ISpanParsable<IpPrefix>
{
    /// <summary>An address with a prefix length of 0 to 32 or 0 to 128.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length beyond the family's.</exception>
    public IpPrefix(IpAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, address.Bits);
        Address = address;
        Length = (byte)length;
    }

    /// <summary>The address, host bits included.</summary>
    public IpAddress Address { get; }

    /// <summary>The number of leading network bits.</summary>
    public byte Length { get; }

    /// <summary>The family of <see cref="Address"/>.</summary>
    public IpFamily Family => Address.Family;

    /// <summary>True for <c>default</c>.</summary>
    public bool IsNone => Address.IsNone;

    /// <summary>True for a /32 or /128.</summary>
    public bool IsHost => Length == Address.Bits;

    /// <summary>How many addresses the prefix holds; 0 stands for 2^128.</summary>
    public UInt128 Count => Address.Bits - Length == 128 ? UInt128.Zero : UInt128.One << (Address.Bits - Length);

    /// <summary>The same network with its host bits zeroed.</summary>
    public IpPrefix Masked => new(First, Length);

    /// <summary>The first address of the network (IPv4: the network address).</summary>
    public IpAddress First => IpAddress.FromValue(Family, Address.Value & ~HostMask);

    /// <summary>The last address of the network (IPv4: the broadcast address).</summary>
    public IpAddress Last => IpAddress.FromValue(Family, Address.Value | HostMask);

    /// <summary>The netmask as an address: 255.255.255.0 for a /24.</summary>
    public IpAddress Netmask => IpAddress.FromValue(Family, FamilyMask & ~HostMask);

    private UInt128 FamilyMask => Address.IsV4 ? uint.MaxValue : UInt128.MaxValue;

    // A shift by 128 shifts by 0, so the full length stands apart.
    private UInt128 HostMask => IsHost ? UInt128.Zero : FamilyMask >> Length;

    /// <summary>A /32 or /128 of one address.</summary>
    public static IpPrefix Host(IpAddress address) => new(address, address.Bits);

    /// <summary>0.0.0.0/0 or ::/0.</summary>
    public static IpPrefix Default(IpFamily family) => new(IpAddress.Any(family), 0);

    /// <summary>True if the address is of this family and in this network.</summary>
    public bool Contains(IpAddress address) => address.Family == Family && ((address.Value ^ Address.Value) & ~HostMask & FamilyMask) == 0;

    /// <summary>True if all of <paramref name="other"/> lies in this network.</summary>
    public bool Contains(IpPrefix other) => other.Length >= Length && Contains(other.Address);

    /// <summary>True if the two networks share an address.</summary>
    public bool Overlaps(IpPrefix other) => Contains(other) || other.Contains(this);

    /// <summary>By address, then the shorter prefix first.</summary>
    public int CompareTo(IpPrefix other)
    {
        var byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : Length.CompareTo(other.Length);
    }

    /// <summary>By address, then the shorter prefix first.</summary>
    public static bool operator <(IpPrefix left, IpPrefix right) => left.CompareTo(right) < 0;

    /// <summary>By address, then the shorter prefix first.</summary>
    public static bool operator >(IpPrefix left, IpPrefix right) => left.CompareTo(right) > 0;

    /// <summary>By address, then the shorter prefix first.</summary>
    public static bool operator <=(IpPrefix left, IpPrefix right) => left.CompareTo(right) <= 0;

    /// <summary>By address, then the shorter prefix first.</summary>
    public static bool operator >=(IpPrefix left, IpPrefix right) => left.CompareTo(right) >= 0;

    /// <summary>Parses <c>address/length</c>; host bits are kept.</summary>
    /// <exception cref="FormatException">Anything else, also an address without a length.</exception>
    public static IpPrefix Parse(ReadOnlySpan<char> text) => TryParse(text, out var prefix)
        ? prefix
        : throw new FormatException($"'{text}' is not an address with a prefix length, such as 10.0.0.0/24");

    /// <summary>As <see cref="Parse(ReadOnlySpan{char})"/>, without the exception.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IpPrefix prefix)
    {
        prefix = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !IpAddress.TryParse(text[..slash], out var address))
        {
            return false;
        }

        var digits = text[(slash + 1)..];
        if (digits.IsEmpty || digits.Length > 3 || digits.ContainsAnyExceptInRange('0', '9') || (digits.Length > 1 && digits[0] == '0'))
        {
            return false;
        }

        var length = int.Parse(digits);
        if (length > address.Bits)
        {
            return false;
        }

        prefix = new(address, length);
        return true;
    }

    /// <inheritdoc/>
    public static IpPrefix Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out IpPrefix result) => TryParse(s, out result);

    /// <inheritdoc/>
    public static IpPrefix Parse(string s, IFormatProvider? provider) => Parse(s.AsSpan());

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out IpPrefix result) => TryParse(s.AsSpan(), out result);

    /// <summary><c>address/length</c>.</summary>
    public override string ToString() => IsNone ? "<none>" : string.Concat(Address.ToString(), "/", Length.ToString(CultureInfo.InvariantCulture));
}
