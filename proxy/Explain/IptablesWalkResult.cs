using Podwire.Proxy.State;

namespace Podwire.Proxy.Explain;

/// <summary>A walk through iptables, ended.</summary>
/// <param name="Verdict">What becomes of the packet.</param>
/// <param name="Steps">The rules that it met, in order; where the dice decide, those of the first endpoint.</param>
/// <param name="Choices">The endpoints that it may be sent to.</param>
/// <param name="Masqueraded">Its source is replaced by the node's address; null: only where it is sent back to where it came from.</param>
/// <param name="PassedOver">Rules of others whose conditions the proxy does not know, so that they were taken not to match.</param>
internal sealed record IptablesWalkResult(WalkVerdict Verdict, IReadOnlyList<IptablesStep> Steps, IReadOnlyList<EndpointAddress> Choices, bool? Masqueraded, IReadOnlyList<IptablesStep> PassedOver);
