namespace Podwire.Kubelet.Shim;

/// <summary>DIR/exit.json: how a container ended; written once, after its whole process tree is gone and its log is complete.</summary>
/// <param name="ExitCode">As a shell gives it: 128 + signal for a signalled process; 128 if it could not be started.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="StartedAt">When it had started.</param>
/// <param name="FinishedAt">When its first process ended.</param>
/// <param name="StartError">Why it could not be started; null if it was.</param>
internal sealed record ShimExit(int ExitCode, int Signal, DateTimeOffset StartedAt, DateTimeOffset FinishedAt, string? StartError = null);
