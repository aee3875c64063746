namespace Podwire.Controllers.Runtime;

/// <summary>
/// The time that writes on their way are given when a controller is asked to end. One that is broken off may be carried out all the same, after whoever comes
/// next has looked, who would then write it a second time.
/// </summary>
internal sealed class Grace : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource source = new();
    private readonly CancellationTokenRegistration registration;

    /// <summary>A grace that begins when <paramref name="stopping"/> is cancelled.</summary>
    public Grace(CancellationToken stopping) => registration = stopping.Register(() => source.CancelAfter(Limit));

    /// <summary>For the writes: cancelled when the grace is over.</summary>
    public CancellationToken Token => source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        registration.Dispose();
        source.Dispose();
    }
}
