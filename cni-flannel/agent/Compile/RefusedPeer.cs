namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>A node whose pods cannot be reached, and why.</summary>
/// <param name="Node">The node.</param>
/// <param name="Reason">Why.</param>
/// <param name="Contested">Another node has what it wants: when that one changes, this one may be served.</param>
internal sealed record RefusedPeer(string Node, string Reason, bool Contested = false);
