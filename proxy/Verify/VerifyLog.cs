using Microsoft.Extensions.Logging;

namespace Podwire.Proxy.Verify;

/// <summary>What is logged of changes by others.</summary>
internal static partial class VerifyLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Thread} (thread {ThreadId}) changed a table of ours, generation {Generation}")]
    public static partial void ForeignChange(ILogger logger, string thread, uint threadId, uint generation);
}
