using Podwire.Cni;
using Podwire.Primitives;

namespace Podwire.CniBridge;

/// <summary>The Ethernet address that a configuration may ask for in several places.</summary>
internal static class MacOption
{
    /// <summary>The text of the member <c>mac</c>; null if there is none or it is empty.</summary>
    internal static string? Of(ReadOnlyMemory<byte> json, string what)
    {
        if (json.IsEmpty)
        {
            return null;
        }

        string? mac = null;
        var reader = new JsonObjectReader(json, what);
        while (reader.Next())
        {
            if (reader.Is("mac"u8))
            {
                mac = reader.String();
            }
        }

        return string.IsNullOrEmpty(mac) ? null : mac;
    }

    /// <summary>Reads an address that an interface can have; null for null or empty.</summary>
    /// <exception cref="CniException">The code given: no address, a group's, or all zero.</exception>
    internal static MacAddress? Parse(string? text, CniErrorCode code = CniErrorCode.InvalidNetworkConfig)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return MacAddress.TryParse(text, out var mac) && !mac.IsGroup && !mac.IsZero
            ? mac
            : throw new CniException(code, "the MAC address asked for is not one that an interface can have", text);
    }
}
