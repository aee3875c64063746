using Podwire.Primitives;

namespace Podwire.Ruleset.Ipvs;

/// <summary>What tells one virtual service from another. Ordered by address, protocol, port.</summary>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Address">The address that clients use.</param>
/// <param name="Port">The port that clients use.</param>
public readonly record struct IpvsServiceKey(IpProtocol Protocol, IpAddress Address, ushort Port) : IComparable<IpvsServiceKey>
{
    /// <inheritdoc/>
    public int CompareTo(IpvsServiceKey other)
    {
        var order = Address.CompareTo(other.Address);
        order = order != 0 ? order : Protocol.CompareTo(other.Protocol);
        return order != 0 ? order : Port.CompareTo(other.Port);
    }

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <(IpvsServiceKey left, IpvsServiceKey right) => left.CompareTo(right) < 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >(IpvsServiceKey left, IpvsServiceKey right) => left.CompareTo(right) > 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <=(IpvsServiceKey left, IpvsServiceKey right) => left.CompareTo(right) <= 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >=(IpvsServiceKey left, IpvsServiceKey right) => left.CompareTo(right) >= 0;

    /// <summary><c>tcp 10.96.0.1:443</c>.</summary>
    public override string ToString() => $"{IpvsText.Of(Protocol)} {IpvsText.Of(Address, Port)}";
}
