namespace Podwire.Ruleset;

/// <summary>Exempts the packet from connection tracking; only before it (priority raw).</summary>
public sealed record Notrack : Statement;
