namespace Podwire.Ruleset;

/// <summary>What an element or a rule has counted.</summary>
public readonly record struct ElementCounter(ulong Packets, ulong Bytes);
