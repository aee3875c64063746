using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>What the BGP speaker is to do.</summary>
/// <param name="Json">Its configuration, in the form of podwire-bgp's file.</param>
/// <param name="KernelExcept">What it learns of these networks it tells on, but does not put into the kernel.</param>
/// <param name="MeshSize">How many nodes the full mesh has, this one among them; 0 for none.</param>
/// <param name="Ways">Routes to peers that are behind a gateway (reachableBy).</param>
/// <param name="Problems">What was left out.</param>
/// <param name="Peers">The BGPPeers that sessions are of, by the neighbour's address; those of the mesh are not among them.</param>
internal sealed record SpeakerPlan(string Json, IReadOnlyList<IpPrefix> KernelExcept, int MeshSize, IReadOnlyList<PlannedRoute> Ways, IReadOnlyList<Problem> Problems, IReadOnlyDictionary<IpAddress, string> Peers);
