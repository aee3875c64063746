namespace Podwire.Kubelet.Pods;

/// <summary>
/// How long the next try waits: none the first time, then 10 s, doubled each time up to 5 minutes, forgotten after 10 minutes
/// without trouble (Kubernetes: «Pod Lifecycle», container restart policy).
/// </summary>
/// <param name="Delay">The wait before the next try; zero before the first.</param>
internal readonly record struct BackOff(TimeSpan Delay)
{
    /// <summary>The first wait.</summary>
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>After running this long, a container starts over with the first wait.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    /// <summary>The wait before a restart of what had worked for <paramref name="worked"/>.</summary>
    public TimeSpan After(TimeSpan worked) => worked >= Forgotten ? TimeSpan.Zero : Delay;

    /// <summary>The wait after one more failure, of something that had worked for <paramref name="worked"/>.</summary>
    public BackOff Next(TimeSpan worked = default)
    {
        var doubled = Delay * 2;
        return new(Delay == TimeSpan.Zero || worked >= Forgotten ? First : doubled > Longest ? Longest : doubled);
    }
}
