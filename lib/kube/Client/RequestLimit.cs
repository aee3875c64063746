namespace Podwire.Kube;

/// <summary>A caller's cancellation together with a time limit, and which of the two it was.</summary>
internal sealed class RequestLimit : IDisposable
{
    private readonly CancellationTokenSource timer;
    private readonly CancellationTokenSource linked;
    private readonly CancellationToken caller;

    public RequestLimit(TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        caller = cancel;
        timer = new CancellationTokenSource(timeout, time);
        linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
    }

    public CancellationToken Token => linked.Token;

    public bool IsExceeded => timer.IsCancellationRequested && !caller.IsCancellationRequested;

    public void Dispose()
    {
        linked.Dispose();
        timer.Dispose();
    }
}
