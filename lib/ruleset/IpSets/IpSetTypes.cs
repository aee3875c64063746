using Podwire.Primitives;

namespace Podwire.Ruleset.IpSets;

/// <summary>Names of the kinds of set.</summary>
public static class IpSetTypes
{
    /// <summary>As the kernel and ipset(8) write it, such as <c>hash:ip,port</c>.</summary>
    public static string Name(this IpSetType type) => type switch
    {
        IpSetType.HashIp => "hash:ip",
        IpSetType.HashNet => "hash:net",
        IpSetType.HashIpPort => "hash:ip,port",
        IpSetType.HashIpPortIp => "hash:ip,port,ip",
        IpSetType.HashIpPortNet => "hash:ip,port,net",
        IpSetType.HashNetPort => "hash:net,port",
        IpSetType.BitmapPort => "bitmap:port",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The kind of a name; false for one that is not served.</summary>
    public static bool TryParse(string name, out IpSetType type)
    {
        foreach (var candidate in Enum.GetValues<IpSetType>())
        {
            if (candidate.Name() == name)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>True if an entry has an address or a prefix.</summary>
    public static bool HasAddress(this IpSetType type) => type != IpSetType.BitmapPort;

    /// <summary>True if an entry has a port.</summary>
    public static bool HasPort(this IpSetType type) => type is not (IpSetType.HashIp or IpSetType.HashNet);

    /// <summary>True if an entry's port has a protocol: all that have a port but bitmaps.</summary>
    public static bool HasProtocol(this IpSetType type) => type.HasPort() && type != IpSetType.BitmapPort;

    /// <summary>True if an entry has a second address or prefix.</summary>
    public static bool HasSecond(this IpSetType type) => type is IpSetType.HashIpPortIp or IpSetType.HashIpPortNet;

    /// <summary>The family of a new set: bitmaps of ports have none.</summary>
    public static IpFamily? FamilyOf(this IpSetType type, IpFamily family) => type == IpSetType.BitmapPort ? null : family;
}
