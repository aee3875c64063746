using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>A mapping and the container's address that it leads to.</summary>
internal sealed record PortmapFlow(PortMapping Mapping, IpAddress Container);
