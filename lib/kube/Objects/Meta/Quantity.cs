using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Podwire.Kube.Objects;

/// <summary>
/// An amount of a resource, such as <c>250m</c> CPU or <c>64Mi</c> of memory, exact to 10^-9. Equality and order go by
/// amount: <c>1</c> equals <c>1000m</c>. The text it was read from is kept for writing. As in Kubernetes, what is finer
/// than 10^-9 is rounded away from zero, and what exceeds 2^63-1 is capped (apimachinery pkg/api/resource).
/// </summary>
[JsonConverter(typeof(QuantityConverter))]
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    private const int NanoDigits = 9;
    private static readonly Int128 One = 1_000_000_000;
    private static readonly Int128 Cap = (Int128)long.MaxValue * One;
    private static readonly string[] DecimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    private static readonly string[] BinarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    private readonly Int128 nano;
    private readonly string? text;

    private Quantity(Int128 nano, QuantityFormat format, string? text = null)
    {
        this.nano = Int128.Clamp(nano, -Cap, Cap);
        this.text = text;
        Format = format;
    }

    /// <summary>How it is written.</summary>
    public QuantityFormat Format { get; }

    /// <summary>True for zero.</summary>
    public bool IsZero => nano == 0;

    /// <summary>Whole units, rounded away from zero: bytes of memory, cores, pods.</summary>
    public long Value => Rounded(One);

    /// <summary>Thousandths, rounded away from zero: millicores of CPU. Capped at the range of <see cref="long"/>.</summary>
    public long MilliValue => Rounded(One / 1000);

    /// <summary>So many units.</summary>
    public static Quantity FromValue(long value, QuantityFormat format = QuantityFormat.DecimalSI) => new(value * One, format);

    /// <summary>So many thousandths.</summary>
    public static Quantity FromMilli(long value, QuantityFormat format = QuantityFormat.DecimalSI) => new(value * (One / 1000), format);

    /// <summary>Reads a quantity: sign, digits with an optional point, and a suffix.</summary>
    /// <exception cref="FormatException">Anything else; the message quotes it.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out var quantity) ? quantity : throw new FormatException($"'{text}' is not a quantity, such as 250m, 2 or 64Mi");

    /// <summary>Reads a quantity; false if it is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Quantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var at = text[0] is '+' or '-' ? 1 : 0;
        var negative = text[0] == '-';
        Int128 mantissa = 0;
        int digits = 0, exponent = 0;
        var inexact = false;
        var point = false;
        for (; at < text.Length && (char.IsAsciiDigit(text[at]) || (text[at] == '.' && !point)); at++)
        {
            if (text[at] == '.')
            {
                point = true;
                continue;
            }

            digits++;
            if (mantissa < (Int128)1 << 90)
            {
                mantissa = (mantissa * 10) + (text[at] - '0');
                exponent -= point ? 1 : 0;
            }
            else
            {
                inexact |= text[at] != '0';
                exponent += point ? 0 : 1;
            }
        }

        if (digits == 0 || !TrySuffix(text.AsSpan(at), out var format, out var power, out var binary))
        {
            return false;
        }

        var value = Scale(mantissa, binary, exponent + power + NanoDigits, inexact);
        quantity = new Quantity(negative ? -value : value, format, text);
        return true;
    }

    /// <summary>The sum, written as <paramref name="left"/> is, unless that is zero.</summary>
    public static Quantity operator +(Quantity left, Quantity right) => new(left.nano + right.nano, left.IsZero ? right.Format : left.Format);

    /// <summary>The difference, written as <paramref name="left"/> is, unless that is zero.</summary>
    public static Quantity operator -(Quantity left, Quantity right) => new(left.nano - right.nano, left.IsZero ? right.Format : left.Format);

    /// <summary>Compares amounts.</summary>
    public static bool operator <(Quantity left, Quantity right) => left.nano < right.nano;

    /// <summary>Compares amounts.</summary>
    public static bool operator >(Quantity left, Quantity right) => left.nano > right.nano;

    /// <summary>Compares amounts.</summary>
    public static bool operator <=(Quantity left, Quantity right) => left.nano <= right.nano;

    /// <summary>Compares amounts.</summary>
    public static bool operator >=(Quantity left, Quantity right) => left.nano >= right.nano;

    /// <summary>Compares amounts.</summary>
    public static bool operator ==(Quantity left, Quantity right) => left.nano == right.nano;

    /// <summary>Compares amounts.</summary>
    public static bool operator !=(Quantity left, Quantity right) => left.nano != right.nano;

    /// <summary>The sum; see <see cref="op_Addition"/>.</summary>
    public static Quantity Add(Quantity left, Quantity right) => left + right;

    /// <summary>The difference; see <see cref="op_Subtraction"/>.</summary>
    public static Quantity Subtract(Quantity left, Quantity right) => left - right;

    /// <inheritdoc/>
    public int CompareTo(Quantity other) => nano.CompareTo(other.nano);

    /// <inheritdoc/>
    public bool Equals(Quantity other) => nano == other.nano;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => nano.GetHashCode();

    /// <summary>The text it was read from, or else the canonical one: no fraction, the largest suffix that needs none.</summary>
    public override string ToString()
    {
        if (text is not null)
        {
            return text;
        }

        if (nano == 0)
        {
            return "0";
        }

        if (Format == QuantityFormat.BinarySI && nano % One == 0)
        {
            return Reduce(nano / One, 1024, BinarySuffixes, 0);
        }

        var reduced = Reduce(nano, 1000, DecimalSuffixes, 0);
        return Format == QuantityFormat.DecimalExponent ? WithExponent(reduced) : reduced;
    }

    private static string Reduce(Int128 amount, int step, string[] suffixes, int suffix)
    {
        while (suffix + 1 < suffixes.Length && amount % step == 0)
        {
            amount /= step;
            suffix++;
        }

        return amount.ToString(CultureInfo.InvariantCulture) + suffixes[suffix];
    }

    private static string WithExponent(string reduced)
    {
        var suffix = Array.IndexOf(DecimalSuffixes, char.IsAsciiLetter(reduced[^1]) ? reduced[^1..] : "");
        var power = (suffix * 3) - NanoDigits;
        return power == 0 ? reduced : $"{reduced.AsSpan(0, reduced.Length - 1)}e{power}";
    }

    private static bool TrySuffix(ReadOnlySpan<char> suffix, out QuantityFormat format, out int power, out int binary)
    {
        (format, power, binary) = (QuantityFormat.DecimalSI, 0, 0);
        for (var i = 0; i < DecimalSuffixes.Length; i++)
        {
            if (suffix.SequenceEqual(DecimalSuffixes[i]))
            {
                power = (i * 3) - NanoDigits;
                return true;
            }
        }

        for (var i = 1; i < BinarySuffixes.Length; i++)
        {
            if (suffix.SequenceEqual(BinarySuffixes[i]))
            {
                (format, binary) = (QuantityFormat.BinarySI, i * 10);
                return true;
            }
        }

        format = QuantityFormat.DecimalExponent;
        return suffix[0] is 'e' or 'E'
            && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power)
            && Math.Abs((long)power) < 1000;
    }

    /// <summary>mantissa * 2^binary * 10^power, rounded up, capped.</summary>
    private static Int128 Scale(Int128 mantissa, int binary, int power, bool inexact)
    {
        if (mantissa == 0)
        {
            return 0;
        }

        for (; power < 0; power++)
        {
            // Take the binary power first, while there is room: 0.5Ki must not lose its half.
            if (binary >= 10 && mantissa < (Int128)1 << 100)
            {
                mantissa <<= 10;
                binary -= 10;
                power--;
                continue;
            }

            inexact |= mantissa % 10 != 0;
            mantissa /= 10;
        }

        for (; power > 0 && mantissa <= Cap; power--)
        {
            mantissa *= 10;
        }

        for (; binary > 0 && mantissa <= Cap; binary -= 10)
        {
            mantissa <<= 10;
        }

        return mantissa > Cap ? Cap : mantissa + (inexact ? 1 : 0);
    }

    private long Rounded(Int128 unit)
    {
        var (whole, rest) = Int128.DivRem(nano, unit);
        whole += rest == 0 ? 0 : Int128.Sign(rest);
        return (long)Int128.Clamp(whole, -(Int128)long.MaxValue, long.MaxValue);
    }
}
