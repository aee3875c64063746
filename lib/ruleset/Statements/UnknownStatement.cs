namespace Podwire.Ruleset;

/// <summary>
/// Something read from the kernel that this model has no word for. It equals nothing that a caller asks for, so a chain that holds one is
/// rewritten; it cannot be written to the kernel.
/// </summary>
/// <param name="Name">The kernel's name of the expression.</param>
public sealed record UnknownStatement(string Name) : Statement;
