namespace Podwire.Proxy.Apply;

/// <summary>The kernel refused a family, or both; a family that is not named was done. The next run compares what was refused.</summary>
internal sealed class SyncException : Exception
{
    /// <summary>At least one failure.</summary>
    public SyncException(IReadOnlyList<SyncFailure> failures)
        : base(string.Join("; ", failures.Select(static failure => failure.Reason.Message)), failures[0].Reason) => Failures = failures;

    /// <summary>One for each family that was refused.</summary>
    public IReadOnlyList<SyncFailure> Failures { get; }
}
