using System.Runtime.CompilerServices;

namespace Podwire.Kube.Tests;

internal static class Eventually
{
    /// <summary>Longest wait before a test is given up; no test depends on how long something takes below it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Waits until something is so.</summary>
    public static async Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        var deadline = DateTime.UtcNow + Limit;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, $"never came true: {what}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
