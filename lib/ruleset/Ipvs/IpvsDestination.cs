using Podwire.Primitives;

namespace Podwire.Ruleset.Ipvs;

/// <summary>A destination of a virtual service, reached by address translation. Ordered by address and port.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Weight">Its share; 0 takes no new connection and keeps those it has.</param>
public readonly record struct IpvsDestination(IpAddress Address, ushort Port, int Weight = 1) : IComparable<IpvsDestination>
{
    /// <inheritdoc/>
    public int CompareTo(IpvsDestination other)
    {
        var order = Address.CompareTo(other.Address);
        return order != 0 ? order : Port.CompareTo(other.Port);
    }

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <(IpvsDestination left, IpvsDestination right) => left.CompareTo(right) < 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >(IpvsDestination left, IpvsDestination right) => left.CompareTo(right) > 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <=(IpvsDestination left, IpvsDestination right) => left.CompareTo(right) <= 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >=(IpvsDestination left, IpvsDestination right) => left.CompareTo(right) >= 0;

    /// <summary><c>10.244.0.2:8080</c>.</summary>
    public override string ToString() => IpvsText.Of(Address, Port);
}
