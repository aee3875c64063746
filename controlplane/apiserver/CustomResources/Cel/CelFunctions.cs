using System.Globalization;
using System.Text.RegularExpressions;
using Podwire.Primitives;

namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>
/// The functions of CEL's standard library and of Kubernetes' (strings, lists, regular expressions, IP addresses and CIDRs) that rules use.
/// A rule that calls another is refused with its definition, never skipped.
/// </summary>
internal static class CelFunctions
{
    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(1);

    /// <summary>Function, whether it is called on a target, and how many arguments it takes besides.</summary>
    private static readonly HashSet<(string Name, bool IsMethod, int Arguments)> Known =
    [
        ("size", false, 1), ("size", true, 0), ("int", false, 1), ("double", false, 1), ("string", false, 1), ("bool", false, 1),
        ("matches", true, 1), ("startsWith", true, 1), ("endsWith", true, 1), ("contains", true, 1), ("lowerAscii", true, 0), ("upperAscii", true, 0),
        ("trim", true, 0), ("split", true, 1), ("join", true, 0), ("join", true, 1), ("replace", true, 2), ("indexOf", true, 1), ("substring", true, 1), ("substring", true, 2), ("charAt", true, 1),
        ("isSorted", true, 0), ("sum", true, 0), ("min", true, 0), ("max", true, 0), ("find", true, 1),
        ("isIP", false, 1), ("ip", false, 1), ("family", true, 0), ("isLoopback", true, 0), ("isUnspecified", true, 0),
        ("isCIDR", false, 1), ("cidr", false, 1), ("containsIP", true, 1), ("containsCIDR", true, 1), ("ip", true, 0), ("masked", true, 0), ("prefixLength", true, 0),
    ];

    public static bool Knows(string name, bool isMethod, int arguments) => Known.Contains((name, isMethod, arguments));

    /// <exception cref="CelException">The arguments are not of the function's types.</exception>
    public static object? Call(string name, object? target, IReadOnlyList<object?> arguments) => (name, target, arguments) switch
    {
        ("size", null, [var value]) => Size(value),
        ("size", _, []) => Size(target),
        ("int", null, [var value]) => ToInt(value),
        ("double", null, [var value]) => value is string text && double.TryParse(text, CultureInfo.InvariantCulture, out var parsed) ? parsed : Number(value),
        ("string", null, [var value]) => CelValue.Text(value),
        ("bool", null, [string text]) => text switch { "true" or "True" or "TRUE" or "t" or "1" => true, "false" or "False" or "FALSE" or "f" or "0" => false, _ => throw new CelException($"\"{text}\" is no bool") },
        ("bool", null, [bool flag]) => flag,
        ("matches", string text, [string pattern]) => Pattern(pattern).IsMatch(text),
        ("find", string text, [string pattern]) => Pattern(pattern).Match(text).Value,
        ("startsWith", string text, [string part]) => text.StartsWith(part, StringComparison.Ordinal),
        ("endsWith", string text, [string part]) => text.EndsWith(part, StringComparison.Ordinal),
        ("contains", string text, [string part]) => text.Contains(part, StringComparison.Ordinal),
        ("lowerAscii", string text, []) => text.ToLowerInvariant(),
        ("upperAscii", string text, []) => text.ToUpperInvariant(),
        ("trim", string text, []) => text.Trim(),
        ("split", string text, [string separator]) => text.Split(separator).ToList<object?>(),
        ("join", not null, []) => string.Concat(CelValue.Items(target).Select(CelValue.Text)),
        ("join", not null, [string separator]) => string.Join(separator, CelValue.Items(target).Select(CelValue.Text)),
        ("replace", string text, [string old, string with]) => old.Length == 0 ? text : text.Replace(old, with, StringComparison.Ordinal),
        ("indexOf", string text, [string part]) => (long)text.IndexOf(part, StringComparison.Ordinal),
        ("substring", string text, [long from]) => Part(text, from, text.Length),
        ("substring", string text, [long from, long to]) => Part(text, from, to),
        ("charAt", string text, [long at]) => at == text.Length ? string.Empty : Part(text, at, at + 1),
        ("isSorted", not null, []) => IsSorted([.. CelValue.Items(target)]),
        ("sum", not null, []) => CelValue.Items(target).Aggregate((object?)0L, CelEvaluator.Add),
        ("min", not null, []) => Extreme(target, -1),
        ("max", not null, []) => Extreme(target, 1),
        _ => Address(name, target, arguments),
    };

    private static object Address(string name, object? target, IReadOnlyList<object?> arguments) => (name, target, arguments) switch
    {
        ("isIP", null, [string text]) => IpAddress.TryParse(text, out _),
        ("ip", null, [string text]) => IpAddress.TryParse(text, out var address) ? address : throw new CelException($"\"{text}\" is no IP address"),
        ("family", IpAddress address, []) => address.IsV4 ? 4L : 6L,
        ("isLoopback", IpAddress address, []) => address.ToIPAddress() is var ip && System.Net.IPAddress.IsLoopback(ip),
        ("isUnspecified", IpAddress address, []) => address.Value == 0,
        ("isCIDR", null, [string text]) => IpPrefix.TryParse(text, out _),
        ("cidr", null, [string text]) => Network(text),
        ("containsIP", IpPrefix network, [var ip]) => network.Contains(ip as IpAddress? ?? (IpAddress.TryParse(ip as string, out var parsed) ? parsed : throw new CelException("containsIP takes an IP address"))),
        ("containsCIDR", IpPrefix network, [var inner]) => network.Contains(inner as IpPrefix? ?? Network(inner as string)),
        ("ip", IpPrefix network, []) => network.Address,
        ("masked", IpPrefix network, []) => network.Masked,
        ("prefixLength", IpPrefix network, []) => (long)network.Length,
        _ => throw new CelException($"no such overload: {(target is null ? string.Empty : CelValue.Describe(target) + ".")}{name}({string.Join(", ", arguments.Select(CelValue.Describe))})"),
    };

    private static IpPrefix Network(string? text) => IpPrefix.TryParse(text, out var network) ? network : throw new CelException($"\"{text}\" is no CIDR");

    private static long Size(object? value) => value is string text
        ? text.EnumerateRunes().Count()
        : CelValue.Count(value) ?? throw new CelException($"{CelValue.Describe(value)} has no size");

    private static long ToInt(object? value) => value switch
    {
        long whole => whole,
        double number when Math.Abs(number) < long.MaxValue => (long)number,
        string text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => throw new CelException($"{CelValue.Describe(value)} is no int"),
    };

    private static double Number(object? value) => value switch
    {
        long whole => whole,
        double number => number,
        _ => throw new CelException($"{CelValue.Describe(value)} is no number"),
    };

    private static Regex Pattern(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, RegexLimit);
        }
        catch (ArgumentException)
        {
            throw new CelException($"\"{pattern}\" is no regular expression");
        }
    }

    private static string Part(string text, long from, long to) => from >= 0 && from <= to && to <= text.Length
        ? text[(int)from..(int)to]
        : throw new CelException($"index out of range: {from}, {to}");

    private static bool IsSorted(object?[] items)
    {
        for (var i = 1; i < items.Length; i++)
        {
            if (CelValue.Compare(items[i - 1], items[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }

    private static object? Extreme(object? list, int sign)
    {
        var items = CelValue.Items(list).ToArray();
        return items.Length > 0
            ? items.Aggregate((best, item) => Math.Sign(CelValue.Compare(item, best)) == sign ? item : best)
            : throw new CelException("min and max need a list that is not empty");
    }
}
