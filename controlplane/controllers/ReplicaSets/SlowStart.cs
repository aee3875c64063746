namespace Podwire.Controllers.ReplicaSets;

/// <summary>
/// Runs many like calls in batches of 1, 2, 4, ... and stops after the first batch with a failure, so that a quota or an admission
/// rule that refuses all of them is asked once and not hundreds of times (Kubernetes' slowStartBatch).
/// </summary>
internal static class SlowStart
{
    /// <summary>Runs up to <paramref name="count"/> calls; returns how many succeeded and the first failure.</summary>
    /// <param name="count">How many calls.</param>
    /// <param name="call">Makes one.</param>
    /// <param name="stopping">Once cancelled, no further batch begins.</param>
    public static async Task<(int Succeeded, Exception? Failure)> RunAsync(int count, Func<Task> call, CancellationToken stopping)
    {
        var succeeded = 0;
        for (var batch = 1; succeeded < count && !stopping.IsCancellationRequested; batch *= 2)
        {
            var tasks = Enumerable.Range(0, Math.Min(batch, count - succeeded)).Select(_ => call()).ToArray();
            try
            {
                await Task.WhenAll(tasks).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                return (succeeded + tasks.Count(task => task.IsCompletedSuccessfully), failure);
            }

            succeeded += tasks.Length;
        }

        return (succeeded, null);
    }
}
