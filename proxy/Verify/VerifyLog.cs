using Microsoft.Extensions.Logging;

namespace Podwire.Proxy.Verify;

/// <summary>What is logged of changes by others.</summary>
internal static partial class VerifyLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Process} (pid {ProcessId}) changed a table of ours, generation {Generation}")]
    public static partial void ForeignChange(ILogger logger, string process, uint processId, uint generation);
}
