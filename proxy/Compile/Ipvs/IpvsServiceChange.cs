using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>A virtual service that is not what it was.</summary>
/// <param name="Before">As it was; null if it is new.</param>
/// <param name="After">As it shall be; null if it goes.</param>
internal sealed record IpvsServiceChange(IpvsService? Before, IpvsService? After);
