using Microsoft.Extensions.Logging;
using Podwire.Bgp.Session;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Loop;

/// <summary>The daemon's log lines.</summary>
internal static partial class LoopLog
{
    [LoggerMessage(1, LogLevel.Information, "AS {Asn}, identifier {RouterId}: {Neighbors} neighbours, {Ranges} ranges")]
    public static partial void Started(ILogger logger, uint asn, IpAddress routerId, int neighbors, int ranges);

    [LoggerMessage(2, LogLevel.Information, "Restarted: telling nothing before the neighbours have told theirs, or for {Seconds} s")]
    public static partial void Restarting(ILogger logger, int seconds);

    [LoggerMessage(3, LogLevel.Information, "{Neighbor}: established, AS {Asn}, identifier {RouterId}")]
    public static partial void Established(ILogger logger, IpAddress neighbor, uint asn, IpAddress routerId);

    [LoggerMessage(4, LogLevel.Warning, "{Neighbor}: session lost: {Reason}")]
    public static partial void Lost(ILogger logger, IpAddress neighbor, string reason);

    [LoggerMessage(5, LogLevel.Debug, "{Neighbor}: {From} to {To}: {Reason}")]
    public static partial void State(ILogger logger, IpAddress neighbor, SessionState from, SessionState to, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{Neighbor}: {Message}")]
    public static partial void Report(ILogger logger, IpAddress neighbor, string message);

    [LoggerMessage(7, LogLevel.Debug, "{Address}: connection refused: {Reason}")]
    public static partial void Refused(ILogger logger, IpAddress address, string reason);

    [LoggerMessage(8, LogLevel.Information, "Configuration read again: {Neighbors} neighbours, {Ranges} ranges")]
    public static partial void Reloaded(ILogger logger, int neighbors, int ranges);

    [LoggerMessage(9, LogLevel.Error, "Configuration unchanged: {Reason}")]
    public static partial void NotReloaded(ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Information, "Ended: {How}")]
    public static partial void Ended(ILogger logger, string how);

    [LoggerMessage(11, LogLevel.Information, "Adopted {Count} routes of the kernel's main table")]
    public static partial void Adopted(ILogger logger, int count);

    [LoggerMessage(12, LogLevel.Information, "Pruned {Count} routes that nobody announces any more")]
    public static partial void Pruned(ILogger logger, int count);

    [LoggerMessage(13, LogLevel.Warning, "The kernel refuses: {Reason}")]
    public static partial void KernelRefuses(ILogger logger, string reason);

    [LoggerMessage(14, LogLevel.Warning, "A mesh of {Count} neighbours of one AS that are no reflector's clients: from 100 on use route reflectors")]
    public static partial void LargeMesh(ILogger logger, int count);

    [LoggerMessage(15, LogLevel.Warning, "The kernel's notifications are not read ({Reason}): routes that others take away do not come back")]
    public static partial void KernelNotHeard(ILogger logger, string reason);

    [LoggerMessage(16, LogLevel.Warning, "{Prefix}: a route of somebody else's is in the kernel's main table; it stays, and what neighbours announce does not count until it goes")]
    public static partial void AnothersRoute(ILogger logger, IpPrefix prefix);
}
