namespace Podwire.NetPolicy.Explain;

/// <summary>What one end of a connection says to it.</summary>
/// <param name="IsAccepted">The verdict.</param>
/// <param name="Reason">Who decided, in one line.</param>
/// <param name="Remedies">Where it is denied: what of each rule would have to be otherwise.</param>
internal sealed record SideVerdict(bool IsAccepted, string Reason, IReadOnlyList<string> Remedies);
