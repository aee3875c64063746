namespace Podwire.Ruleset;

/// <summary>Goes on only below a rate of packets (only above it when <paramref name="Over"/>), with a token bucket of <paramref name="Burst"/> packets.</summary>
public sealed record Limit(ulong Rate, LimitUnit Unit = LimitUnit.Second, uint Burst = 5, bool Over = false) : Statement;
