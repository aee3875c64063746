namespace Podwire.Ruleset;

/// <summary>Writes the connection's mark: <c>ct mark set meta mark</c>.</summary>
public sealed record CtSet(CtKey Key, Expression Value) : Statement;
