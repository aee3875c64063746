using Microsoft.Extensions.Logging;

namespace Podwire.Proxy.Health;

/// <summary>What is logged of the HTTP servers.</summary>
internal static partial class HealthLog
{
    [LoggerMessage(1, LogLevel.Warning, "cannot listen, trying again: {Reason}")]
    public static partial void CannotListen(ILogger logger, string reason);
}
