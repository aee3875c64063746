namespace Podwire.Uml;

/// <summary>What the guest noted of one test.</summary>
/// <param name="Test">xunit's identifier of the test case, the same inside and outside.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Seconds">How long it ran in the guest.</param>
/// <param name="Text">The failure, or the reason for the skip.</param>
/// <param name="StackTrace">Where it failed.</param>
public sealed record UmlResult(string Test, UmlOutcome Outcome, decimal Seconds = 0, string Text = "", string? StackTrace = null);
