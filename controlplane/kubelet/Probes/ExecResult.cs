namespace Podwire.Kubelet.Probes;

/// <summary>How a command in a container ended.</summary>
/// <param name="ExitCode">As a shell gives it; null if it did not end in time and was killed, or could not be started.</param>
/// <param name="Output">The beginning of its output, or why it did not start.</param>
internal sealed record ExecResult(int? ExitCode, string Output);
