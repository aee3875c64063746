namespace Podwire.Ruleset;

/// <summary>A part of a rule: a match that may end it, a verdict, or an action.</summary>
public abstract record Statement;
