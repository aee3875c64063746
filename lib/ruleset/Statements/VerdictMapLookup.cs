namespace Podwire.Ruleset;

/// <summary>Takes the verdict that a verdict map holds for <paramref name="Key"/>: <c>ip daddr vmap @pods</c>. Without an element the rule ends and the next one goes on.</summary>
public sealed record VerdictMapLookup(Expression Key, SetReference Map) : Statement;
