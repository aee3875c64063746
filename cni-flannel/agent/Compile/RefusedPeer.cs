namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>A node whose pods cannot be reached, and why.</summary>
/// <param name="Node">The node.</param>
/// <param name="Reason">Why.</param>
internal sealed record RefusedPeer(string Node, string Reason);
