using Podwire.Bgp.Wire;

namespace Podwire.Bgp.Rib;

/// <summary>A path as a group that takes several was told it. Attributes by reference: an id may come to mean others.</summary>
internal sealed record ToldPath(uint Id, PathAttributes Attributes, ushort Source);
