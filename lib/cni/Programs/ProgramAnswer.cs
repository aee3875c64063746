namespace Podwire.Cni;

/// <summary>How a program ended: its exit code (128 + the signal that ended it) and what it wrote.</summary>
public sealed record ProgramAnswer(int ExitCode, string Output, string Error);
