namespace Podwire.Bgp.Session;

/// <summary>A path and how it fared in the decision process.</summary>
/// <param name="Route">The path.</param>
/// <param name="Reason">Why it is the best, or which step preferred the best to it.</param>
public sealed record PathVerdict(RouteEntry Route, string Reason);
