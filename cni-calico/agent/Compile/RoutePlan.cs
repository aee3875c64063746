namespace Podwire.CniCalico.Agent.Compile;

/// <summary>This agent's routes and tunnels; those of pools without tunnels are the BGP speaker's.</summary>
internal sealed record RoutePlan(IReadOnlyList<PlannedRoute> Routes, IReadOnlyList<VxlanPeer> Peers, bool NeedsIpip, bool NeedsVxlan, IReadOnlyList<Problem> Problems);
