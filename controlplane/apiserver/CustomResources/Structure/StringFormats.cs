using System.Globalization;
using Podwire.Primitives;

namespace Podwire.ApiServer.CustomResources.Structure;

/// <summary>The formats of strings that are checked; any other format is a remark, as in Kubernetes.</summary>
internal static class StringFormats
{
    public static bool Matches(string format, string text) => format switch
    {
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out _) && text.Contains('T', StringComparison.OrdinalIgnoreCase),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "ipv4" => IpAddress.TryParse(text, out var address) && address.IsV4,
        "ipv6" => IpAddress.TryParse(text, out var address) && !address.IsV4,
        "ip" => IpAddress.TryParse(text, out _),
        "cidr" => IpPrefix.TryParse(text, out _),
        "mac" => MacAddress.TryParse(text, out _),
        "uuid" => Guid.TryParseExact(text, "D", out _) || Guid.TryParseExact(text, "N", out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "byte" => Convert.TryFromBase64String(text, new byte[text.Length], out _),
        _ => true,
    };
}
