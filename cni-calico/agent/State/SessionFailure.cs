using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.State;

/// <summary>A BGPPeer's session that this node misses, and why.</summary>
internal sealed record SessionFailure(string Name, IpAddress Peer, string Reason);
