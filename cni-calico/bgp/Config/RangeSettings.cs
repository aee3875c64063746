using Podwire.Primitives;

namespace Podwire.BgpDaemon.Config;

/// <summary>A network whose machines may connect without being named.</summary>
public sealed record RangeSettings(IpPrefix Range, NeighborSettings Template);
