using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>The attributes of a path as a group is told them: the block without MP attributes, and the next hop.</summary>
internal sealed record OutAttributes(PathAttributes Source, byte[] Block, IpAddress NextHop);
