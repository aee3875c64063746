using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <summary>One path of a prefix, for tables and for the kernel.</summary>
/// <param name="Attributes">Its attributes.</param>
/// <param name="From">The neighbour it came from; none for an own route.</param>
/// <param name="PathId">Its identifier with add-path, else 0.</param>
/// <param name="IsBest">It is the one that is told.</param>
/// <param name="IsUsed">It is as good as the best and may be used with it (ECMP).</param>
/// <param name="IsStale">It is kept over its neighbour's restart.</param>
public sealed record RouteEntry(PathAttributes Attributes, IpAddress From, uint PathId, bool IsBest, bool IsUsed, bool IsStale);
