namespace Podwire.Kube;

/// <summary>
/// Waiting times that double from <see cref="Initial"/> to <see cref="Longest"/>, each with a random part, so that clients
/// that failed together don't return together.
/// </summary>
/// <param name="Initial">The first waiting time.</param>
/// <param name="Longest">The longest one, before the random part.</param>
/// <param name="Jitter">The random part as a share, 0 to 1: a wait is between 1 and 1 + this times its length.</param>
public sealed record Backoff(TimeSpan Initial, TimeSpan Longest, double Jitter = 0.5)
{
    /// <summary>For lists and watches: 0.8 s to 30 s and as much again at random, as client-go's reflector does.</summary>
    public static Backoff Reflector { get; } = new(TimeSpan.FromMilliseconds(800), TimeSpan.FromSeconds(30), 1);

    /// <summary>For single keys of a queue: 5 ms to 1000 s, as client-go's rate limiter does.</summary>
    public static Backoff Queue { get; } = new(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1000), 0);

    /// <summary>The wait after so many failures in a row, from 1.</summary>
    /// <param name="failures">How many; below 1 counts as 1.</param>
    /// <param name="random">From 0 up to 1, the share of the random part.</param>
    public TimeSpan After(int failures, double random)
    {
        var doublings = Math.Clamp(failures - 1, 0, 62);
        var ticks = Math.Min(Initial.Ticks * Math.Pow(2, doublings), Longest.Ticks);
        return TimeSpan.FromTicks((long)(ticks * (1 + (Jitter * random))));
    }
}
