namespace Podwire.Cni.Interop;

/// <summary>How a program ended (128 + N for signal N) and what it wrote.</summary>
internal sealed record ChildOutput(int ExitCode, byte[] Output, byte[] Error);
