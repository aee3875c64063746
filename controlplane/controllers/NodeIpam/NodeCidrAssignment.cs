using Podwire.Primitives;

namespace Podwire.Controllers.NodeIpam;

/// <summary>One node and the networks it is to have, in the order of the cluster networks.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Uid">Its uid, so that a node made anew under the same name is not taken for it.</param>
/// <param name="Networks">One per cluster network.</param>
internal sealed record NodeCidrAssignment(string Node, string Uid, IReadOnlyList<IpPrefix> Networks);
