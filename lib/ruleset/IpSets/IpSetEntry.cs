using Podwire.Primitives;

namespace Podwire.Ruleset.IpSets;

/// <summary>One entry of a set; which fields count depends on the set's type. Ordered by address, port, second address.</summary>
public readonly record struct IpSetEntry : IComparable<IpSetEntry>
{
    /// <summary>The address (a host prefix) or prefix; none for bitmaps of ports.</summary>
    public IpPrefix Address { get; init; }

    /// <summary>The protocol that the port belongs to; 0 where the type has none.</summary>
    public IpProtocol Protocol { get; init; }

    /// <summary>The port; 0 where the type has none.</summary>
    public ushort Port { get; init; }

    /// <summary>The second address or prefix, of three-part types.</summary>
    public IpPrefix Second { get; init; }

    /// <summary>An address.</summary>
    public static IpSetEntry Of(IpAddress address) => new() { Address = IpPrefix.Host(address) };

    /// <summary>A prefix.</summary>
    public static IpSetEntry Of(IpPrefix prefix) => new() { Address = prefix };

    /// <summary>An address with a port.</summary>
    public static IpSetEntry Of(IpAddress address, IpProtocol protocol, ushort port) => new() { Address = IpPrefix.Host(address), Protocol = protocol, Port = port };

    /// <summary>An address with a port and a second address or prefix.</summary>
    public static IpSetEntry Of(IpAddress address, IpProtocol protocol, ushort port, IpPrefix second) =>
        new() { Address = IpPrefix.Host(address), Protocol = protocol, Port = port, Second = second };

    /// <summary>A port of a bitmap.</summary>
    public static IpSetEntry OfPort(ushort port) => new() { Port = port };

    /// <inheritdoc/>
    public int CompareTo(IpSetEntry other)
    {
        var order = Address.CompareTo(other.Address);
        order = order != 0 ? order : Protocol.CompareTo(other.Protocol);
        order = order != 0 ? order : Port.CompareTo(other.Port);
        return order != 0 ? order : Second.CompareTo(other.Second);
    }

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <(IpSetEntry left, IpSetEntry right) => left.CompareTo(right) < 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >(IpSetEntry left, IpSetEntry right) => left.CompareTo(right) > 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <=(IpSetEntry left, IpSetEntry right) => left.CompareTo(right) <= 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >=(IpSetEntry left, IpSetEntry right) => left.CompareTo(right) >= 0;

    /// <summary>As ipset(8) writes it: <c>10.96.0.1,tcp:443,10.0.0.0/8</c>, <c>30080</c>.</summary>
    public override string ToString()
    {
        var port = Protocol == 0 ? Port.ToString() : $"{Ipvs.IpvsText.Of(Protocol)}:{Port}";
        if (Address.IsNone)
        {
            return port;
        }

        var text = Text(Address);
        text = Protocol == 0 ? text : $"{text},{port}";
        return Second.IsNone ? text : $"{text},{Text(Second)}";
    }

    private static string Text(IpPrefix prefix) => prefix.IsHost ? prefix.Address.ToString() : prefix.ToString();
}
