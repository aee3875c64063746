using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy.Compile;

/// <summary>A rule as a class judges by it.</summary>
/// <param name="Policy">The policy it is of.</param>
/// <param name="Rule">The rule as written.</param>
/// <param name="Covered">The port classes that it covers whatever the peer is.</param>
/// <param name="Names">Ports that are resolved on the peer: what goes out to a port with a name.</param>
internal sealed record ClassRule(PolicyRecord Policy, RuleRecord Rule, PortSet Covered, PortMatch[] Names);
