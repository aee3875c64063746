using System.Globalization;

namespace Podwire.ApiServer.Schema;

/// <summary>Kubernetes resource quantities: a decimal number and a binary or decimal suffix, or an exponent.</summary>
internal static class Quantity
{
    /// <summary>True for text that kube-apiserver would take.</summary>
    public static bool IsValid(string text) => TryParse(text, out _);

    /// <summary>The value in base units; a rounding in the last of 28 digits is possible.</summary>
    public static bool TryParse(string text, out decimal value)
    {
        value = 0;
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.' || (digits == 0 && text[digits] is '+' or '-')))
        {
            digits++;
        }

        var number = text.AsSpan(0, digits);
        if (number.IndexOfAnyInRange('0', '9') < 0
            || !decimal.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        try
        {
            return TryScale(text[digits..], ref value);
        }
        catch (OverflowException)
        {
            // Larger than any quantity: capped, as in Kubernetes.
            value = value < 0 ? long.MinValue : long.MaxValue;
            return true;
        }
    }

    private static bool TryScale(string suffix, ref decimal value)
    {
        if (suffix.Length > 1 && suffix[0] is 'e' or 'E' && int.TryParse(suffix.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent))
        {
            for (; exponent > 0; exponent--)
            {
                value *= 10;
            }

            for (; exponent < 0 && value != 0; exponent++)
            {
                value /= 10;
            }

            return true;
        }

        decimal? factor = suffix switch
        {
            "" => 1m,
            "n" => 1e-9m,
            "u" => 1e-6m,
            "m" => 1e-3m,
            "k" => 1e3m,
            "M" => 1e6m,
            "G" => 1e9m,
            "T" => 1e12m,
            "P" => 1e15m,
            "E" => 1e18m,
            "Ki" => 1L << 10,
            "Mi" => 1L << 20,
            "Gi" => 1L << 30,
            "Ti" => 1L << 40,
            "Pi" => 1L << 50,
            "Ei" => 1L << 60,
            _ => null,
        };
        value *= factor ?? 0;
        return factor is not null;
    }
}
