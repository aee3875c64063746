using Podwire.Proxy.State;

namespace Podwire.Proxy.Explain;

/// <summary>A walk, ended.</summary>
/// <param name="Verdict">What becomes of the packet.</param>
/// <param name="Steps">The rules, in order.</param>
/// <param name="Choices">The endpoints that it may be sent to.</param>
/// <param name="Masqueraded">Its source is replaced by the node's address.</param>
internal sealed record WalkResult(WalkVerdict Verdict, IReadOnlyList<WalkStep> Steps, IReadOnlyList<EndpointAddress> Choices, bool Masqueraded);
