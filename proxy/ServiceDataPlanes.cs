using Microsoft.Extensions.Logging;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Apply.Ipvs;
using Podwire.Proxy.Config;

namespace Podwire.Proxy;

/// <summary>The modes that are served.</summary>
internal static class ServiceDataPlanes
{
    /// <summary>Every mode, in the order in which --cleanup goes through them.</summary>
    public static IReadOnlyList<ProxyMode> Modes { get; } = [ProxyMode.Nftables, ProxyMode.Iptables, ProxyMode.Ipvs];

    /// <summary>The data plane of a mode, without touching the kernel yet.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="kernel">The kernel of the node's network namespace.</param>
    /// <param name="repaired">Called after others' changes were undone.</param>
    /// <param name="logger">Where it is logged.</param>
    public static IServiceDataPlane Create(ProxyMode mode, ProxyOptions options, ProxyKernel kernel, Action<SyncOutcome> repaired, ILogger logger) => mode switch
    {
        ProxyMode.Nftables => new NodeTables(options, kernel, repaired, logger),
        ProxyMode.Iptables => new IptablesDataPlane(options, kernel, repaired, logger),
        ProxyMode.Ipvs => new IpvsDataPlane(options, kernel, repaired, logger),
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };

    /// <summary>Removes what every mode leaves in the kernel.</summary>
    public static void Remove(ProxyOptions options, ProxyKernel kernel, ILogger logger)
    {
        foreach (var mode in Modes)
        {
            using var plane = Create(mode, options, kernel, static _ => { }, logger);
            plane.Remove(null);
        }
    }
}
