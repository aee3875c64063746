using Microsoft.Extensions.Logging;

namespace Podwire.Proxy.Flows;

/// <summary>What is logged of tracked connections.</summary>
internal static partial class FlowLog
{
    [LoggerMessage(1, LogLevel.Information, "{Count} flows to endpoints that are gone removed")]
    public static partial void Removed(ILogger logger, int count);
}
