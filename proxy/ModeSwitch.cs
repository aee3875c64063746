using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Podwire.Proxy.Config;
using Podwire.Proxy.Explain;
using Podwire.Proxy.State;

namespace Podwire.Proxy;

/// <summary>
/// A proxy that starts in another mode than the one before it installs its own rules first, compares what the kernel then holds with what it
/// should hold, and only then takes the old ones away: in between both translate alike, and a connection is translated once, by whoever comes first.
/// The same for what kube-proxy left in the mode that is the same.
/// </summary>
internal sealed class ModeSwitch(ProxyOptions options, ProxyKernel kernel, IServiceDataPlane plane, ILogger logger)
{
    // How often it is asked whether the connections of a mode that is gone have ended.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private bool isDone;
    private long? waitingSince;

    /// <summary>
    /// Removes what other modes left, once, after the first synchronisation. What fails is tried again by the next run; what open connections still need,
    /// as those through IPVS do, goes when they have ended.
    /// </summary>
    public void Complete(NodeState node)
    {
        if (isDone || plane.NeedsEverything || (waitingSince is { } since && Stopwatch.GetElapsedTime(since) < Again))
        {
            return;
        }

        var isFirst = waitingSince is null;
        var isWaiting = false;

        if (isFirst && plane.RemovePredecessor())
        {
            ProxyLog.PredecessorRemoved(logger, ProxyValues.NameOf(options.Mode));
        }

        foreach (var mode in ServiceDataPlanes.Modes)
        {
            if (mode == options.Mode)
            {
                continue;
            }

            using var other = ServiceDataPlanes.Create(mode, options, kernel, static _ => { }, logger);
            if (!other.IsPresent())
            {
                continue;
            }

            if (isFirst)
            {
                plane.Distrust();
                plane.Sync(null, node);
            }

            other.Remove(options.Mode);
            if (mode == ProxyMode.Ipvs && other.IsPresent())
            {
                isWaiting = true;
                if (isFirst)
                {
                    ProxyLog.ModeDrains(logger, ProxyValues.NameOf(mode));
                }

                continue;
            }

            ProxyLog.ModeRemoved(logger, ProxyValues.NameOf(mode), ProxyValues.NameOf(options.Mode));
        }

        if (IptablesTrace.MayHaveLeftovers(kernel) && IptablesTrace.RemoveLeftovers(kernel.Namespace) is > 0 and var count)
        {
            ProxyLog.TraceRemoved(logger, count);
        }

        isDone = !isWaiting;
        waitingSince = Stopwatch.GetTimestamp();
    }
}
