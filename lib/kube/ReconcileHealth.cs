namespace Podwire.Kube;

/// <summary>How a <see cref="ReconcileLoop"/> is doing.</summary>
/// <param name="Runs">Finished runs, good or bad.</param>
/// <param name="Failures">Failures in a row; 0 is well.</param>
/// <param name="LastSuccess">When the last good run ended; null if none has.</param>
/// <param name="IsDirty">Whether there is work that no run has taken up.</param>
/// <param name="LastError">The last failure in one line; null after a success.</param>
public sealed record ReconcileHealth(long Runs, int Failures, DateTimeOffset? LastSuccess, bool IsDirty, string? LastError);
