using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>Address family identifiers with their unicast SAFI 1 (RFC 4760).</summary>
public static class AddressFamily
{
    /// <summary>AFI 1.</summary>
    public const ushort V4 = 1;

    /// <summary>AFI 2.</summary>
    public const ushort V6 = 2;

    /// <summary>SAFI 1.</summary>
    public const byte Unicast = 1;

    /// <summary>The AFI of a family.</summary>
    public static ushort Of(IpFamily family) => family == IpFamily.V4 ? V4 : V6;

    /// <summary>The family of an AFI and SAFI, if it is one of the two that are spoken.</summary>
    public static bool TryRead(ushort afi, byte safi, out IpFamily family)
    {
        family = afi == V4 ? IpFamily.V4 : IpFamily.V6;
        return afi is V4 or V6 && safi == Unicast;
    }
}
