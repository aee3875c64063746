using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Podwire.Kube;

/// <summary>
/// What a scalar means, by the rules of YAML 1.1 as Kubernetes' YAML library applies them: yes/no/on/off are booleans,
/// 0777 and 0o777 are octal, 1_000 is a number, dates stay strings, quoted and block scalars are always strings.
/// </summary>
internal static partial class YamlScalar
{
    private const string Core = "tag:yaml.org,2002:";

    public static JsonNode? Resolve(Scalar scalar)
    {
        var text = scalar.Value;
        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
        {
            return Tagged(scalar, text);
        }

        return scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty ? Plain(scalar, text) : JsonValue.Create(text);
    }

    private static JsonNode? Tagged(Scalar scalar, string text)
    {
        var plain = scalar.Tag.Value switch
        {
            Core + "str" or Core + "timestamp" => JsonValue.Create(text),
            Core + "binary" => JsonValue.Create(DecodeBinary(scalar, text)),
            Core + "float" when Plain(scalar, text) is JsonValue number && number.GetValueKind() == System.Text.Json.JsonValueKind.Number => number,
            Core + "int" when Plain(scalar, text) is JsonValue number && (number.TryGetValue<long>(out _) || number.TryGetValue<ulong>(out _)) => number,
            Core + "bool" when Plain(scalar, text) is JsonValue flag && flag.TryGetValue<bool>(out _) => flag,
            Core + "null" when Plain(scalar, text) is null => null,
            _ => throw YamlToJson.Fault($"cannot read '{text}' as {scalar.Tag.Value}", scalar.Start),
        };
        return plain;
    }

    private static JsonNode? Plain(Scalar scalar, string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                throw YamlToJson.Fault($"'{text}' has no JSON value", scalar.Start);
            default:
                return text[0] is (>= '0' and <= '9') or '+' or '-' or '.' ? Number(text) ?? JsonValue.Create(text) : JsonValue.Create(text);
        }
    }

    private static JsonValue? Number(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (Whole(digits) is { } whole)
        {
            return whole >= long.MinValue && whole <= long.MaxValue ? JsonValue.Create((long)whole)
                : whole >= 0 && whole <= ulong.MaxValue ? JsonValue.Create((ulong)whole)
                : JsonValue.Create((double)whole);
        }

        return FloatPattern().IsMatch(digits)
            && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            && double.IsFinite(real)
                ? JsonValue.Create(real)
                : null;
    }

    /// <summary>A whole number with Go's prefixes (strconv.ParseInt with base 0), or null.</summary>
    private static BigInteger? Whole(string text)
    {
        var sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        var rest = text.AsSpan(sign);
        var (radix, skip) = rest switch
        {
            ['0', 'x' or 'X', ..] => (16, 2),
            ['0', 'b' or 'B', ..] => (2, 2),
            ['0', 'o' or 'O', ..] => (8, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        rest = rest[skip..];
        if (rest.IsEmpty || rest.Length > 64)
        {
            return null;
        }

        BigInteger value = 0;
        foreach (var c in rest)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return text[0] == '-' ? -value : value;
    }

    private static string DecodeBinary(Scalar scalar, string text)
    {
        try
        {
            return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            throw YamlToJson.Fault("!!binary is not base64", scalar.Start);
        }
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex FloatPattern();
}
