using System.Diagnostics;

namespace Podwire.EndToEnd.Tests;

/// <summary>Waits for what a cluster makes true in its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Repeats until the check passes; after the limit its last failure is the test's.</summary>
    public static T Get<T>(Func<T> check)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return check();
            }
            catch (Xunit.Sdk.XunitException) when (watch.Elapsed < Limit)
            {
                Thread.Sleep(200);
            }
        }
    }

    public static void Holds(Action check) => Get(() =>
    {
        check();
        return true;
    });
}
