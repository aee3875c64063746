namespace Podwire.Ruleset;

/// <summary>Goes on only if <paramref name="Key"/> is in the set (or is not, when negated): <c>ip saddr @blocked</c>.</summary>
public sealed record SetLookup(Expression Key, SetReference Set, bool Negated = false) : Statement;
