using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>Translates the destination (dnat) or the source (snat) of a connection.</summary>
/// <param name="Destination">True for dnat, false for snat.</param>
/// <param name="Family">The family of the addresses.</param>
/// <param name="Target">
/// A <see cref="Constant"/> or a <see cref="MapLookup"/>: an address, or with <paramref name="WithPort"/> an address and a port side by side.
/// </param>
/// <param name="WithPort">True if the target holds a port after the address; needs a match of the transport protocol before it.</param>
/// <param name="Flags">How ports are chosen.</param>
public sealed record Nat(bool Destination, IpFamily Family, Expression Target, bool WithPort, NatFlags Flags = NatFlags.None) : Statement
{
    /// <summary><c>dnat to 10.0.0.1:80</c>.</summary>
    public static Nat Dnat(IpAddress address, ushort port) => new(true, address.Family, new Constant(NftData.Of(address, NftScalar.Port(port))), true);

    /// <summary><c>dnat to 10.0.0.1</c>.</summary>
    public static Nat Dnat(IpAddress address) => new(true, address.Family, new Constant(NftData.Of((NftScalar)address)), false);

    /// <summary><c>dnat ip to KEY map @map</c>, the map's data being address . port.</summary>
    public static Nat Dnat(IpFamily family, MapLookup target) => new(true, family, target, true);

    /// <summary><c>snat to 10.0.0.1</c>.</summary>
    public static Nat Snat(IpAddress address, NatFlags flags = NatFlags.None) => new(false, address.Family, new Constant(NftData.Of((NftScalar)address)), false, flags);
}
