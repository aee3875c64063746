using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>A route of this agent's own: to nowhere, over the link, or into a tunnel. <paramref name="Gateway"/> is the other node on the link, or its end of the tunnel.</summary>
internal sealed record PlannedRoute(IpPrefix Destination, RouteWay Way, IpAddress Gateway = default);
