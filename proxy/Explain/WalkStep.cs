using Podwire.Ruleset;

namespace Podwire.Proxy.Explain;

/// <summary>A rule that the packet met and that did something.</summary>
/// <param name="Chain">Its chain.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Element">The element of a named set or verdict map that it was decided by, or null.</param>
internal sealed record WalkStep(string Chain, Rule Rule, SetElement? Element);
