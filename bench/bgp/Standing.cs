namespace Podwire.BgpBench;

/// <summary>What has been made and must go again, at a signal too: one lab or cluster at a time.</summary>
internal static class Standing
{
    private static readonly Lock Gate = new();
    private static IDisposable? current;

    /// <summary>This is about to be made.</summary>
    public static void Begin(IDisposable what)
    {
        lock (Gate)
        {
            current = what;
        }
    }

    /// <summary>True for the first who takes it away.</summary>
    public static bool End(IDisposable what)
    {
        lock (Gate)
        {
            var isMine = current == what;
            current = isMine ? null : current;
            return isMine;
        }
    }

    /// <summary>Takes away what is there, and lets nothing new be made.</summary>
    public static void Abandon()
    {
        Gate.Enter();
        current?.Dispose();
    }
}
