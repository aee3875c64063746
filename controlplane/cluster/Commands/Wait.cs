using System.Diagnostics;
using Podwire.Cluster.Output;
using Podwire.Kube;

namespace Podwire.Cluster.Commands;

/// <summary>Waits for what another process makes true.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks until the answer is yes; an API server that is not there yet counts as no.</summary>
    /// <exception cref="ClusterException">The limit is over; the message names the log to read and how far it came.</exception>
    public static async Task UntilAsync(string what, TimeSpan limit, string log, Func<Task<bool>> ask, Progress.Step step, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        string? trouble = null;
        while (watch.Elapsed < limit)
        {
            try
            {
                if (await ask().ConfigureAwait(false))
                {
                    return;
                }

                trouble = null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or KubeApiException or KubeConfigException or ClusterException)
            {
                trouble = e.Message;
            }

            await Task.Delay(Pause, cancel).ConfigureAwait(false);
        }

        var detail = string.Join("; ", new[] { step.Detail, trouble }.Where(text => !string.IsNullOrEmpty(text)));
        throw new ClusterException($"waited {limit.TotalSeconds:F0} s in vain until {what}{(detail.Length == 0 ? string.Empty : $" ({detail})")}; read {log}");
    }
}
