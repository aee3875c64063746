using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>Another node's end of the VXLAN tunnel.</summary>
internal sealed record VxlanPeer(IpAddress Tunnel, MacAddress Mac, IpAddress Node);
