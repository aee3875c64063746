using Microsoft.Extensions.Logging;
using Podwire.Proxy.Config;
using Podwire.Proxy.Explain;
using Podwire.Proxy.State;

namespace Podwire.Proxy;

/// <summary>
/// A proxy that starts in another mode than the one before it installs its own rules first, compares what the kernel then holds with what it
/// should hold, and only then takes the old ones away: in between both translate alike, and a connection is translated once, by whoever comes first.
/// </summary>
internal sealed class ModeSwitch(ProxyOptions options, ProxyKernel kernel, IServiceDataPlane plane, ILogger logger)
{
    private bool isDone;

    /// <summary>Removes what other modes left, once, after the first synchronisation. What fails is tried again by the next run.</summary>
    public void Complete(NodeState node)
    {
        if (isDone || plane.NeedsEverything)
        {
            return;
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

            plane.Distrust();
            plane.Sync(null, node);
            other.Remove(options.Mode);
            ProxyLog.ModeRemoved(logger, ProxyValues.NameOf(mode), ProxyValues.NameOf(options.Mode));
        }

        if (IptablesTrace.MayHaveLeftovers(kernel) && IptablesTrace.RemoveLeftovers(kernel.Namespace) is > 0 and var count)
        {
            ProxyLog.TraceRemoved(logger, count);
        }

        isDone = true;
    }
}
