using Podwire.Bgp.Policy;
using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>
/// What has to be equal for two neighbours to get the same octets: update groups are made of it. <see cref="NextHopSelf"/> is the address that
/// stands as next hop where this speaker puts itself; <see cref="ClusterId"/> is used towards clients and by them.
/// </summary>
internal sealed record GroupKey(
    IpFamily Family,
    bool IsInternal,
    bool IsClient,
    uint LocalAs,
    uint NeighborAs,
    bool FourOctetAs,
    bool ExtendedMessages,
    bool AddPath,
    NextHopMode NextHopMode,
    IpAddress NextHopSelf,
    uint ClusterId,
    RoutePolicy Policy);
