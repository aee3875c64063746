using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>Where a connection is sent: an address and a port.</summary>
internal readonly record struct EndpointAddress(IpAddress Address, ushort Port) : IComparable<EndpointAddress>
{
    /// <inheritdoc/>
    public int CompareTo(EndpointAddress other)
    {
        var byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : Port.CompareTo(other.Port);
    }

    /// <summary><c>10.244.0.2:8080</c>, <c>[fd00::2]:8080</c>.</summary>
    public override string ToString() => Address.IsV6 ? $"[{Address}]:{Port}" : $"{Address}:{Port}";
}
