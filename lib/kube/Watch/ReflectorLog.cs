using Microsoft.Extensions.Logging;

namespace Podwire.Kube;

internal static partial class ReflectorLog
{
    [LoggerMessage(1, LogLevel.Debug, "{Resource}: listed {Count} objects at version {Version}")]
    public static partial void Listed(ILogger logger, string resource, int count, string? version);

    [LoggerMessage(2, LogLevel.Warning, "{Resource}: {Reason}; trying again in {Seconds:0.0} s")]
    public static partial void Failed(ILogger logger, string resource, string reason, double seconds);

    [LoggerMessage(3, LogLevel.Debug, "{Resource}: version {Version} is too old, listing again")]
    public static partial void Expired(ILogger logger, string resource, string? version);

    [LoggerMessage(4, LogLevel.Debug, "{Resource}: watch ended at version {Version}: {Reason}")]
    public static partial void WatchEnded(ILogger logger, string resource, string? version, string reason);
}
