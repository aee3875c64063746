using Microsoft.Extensions.Logging;

namespace Podwire.Proxy.Apply;

/// <summary>What is logged of the kernel's tables.</summary>
internal static partial class ApplyLog
{
    [LoggerMessage(1, LogLevel.Information, "table {Table} loaded: {Elements} elements in {Batches} transactions")]
    public static partial void Loaded(ILogger logger, string table, int elements, int batches);

    [LoggerMessage(2, LogLevel.Information, "table {Table} read back: {Elements} elements and {Operations} operations differed")]
    public static partial void Verified(ILogger logger, string table, int elements, int operations);

    [LoggerMessage(3, LogLevel.Warning, "table {Table} was changed by somebody else; {Elements} elements put right")]
    public static partial void Repaired(ILogger logger, string table, int elements);

    [LoggerMessage(4, LogLevel.Warning, "{Sysctl} could not be set to {Value}: {Reason}")]
    public static partial void SysctlFailed(ILogger logger, string sysctl, string value, string reason);

    [LoggerMessage(5, LogLevel.Warning, "net.ipv4.ip_forward is 0: pods' connections to endpoints on other nodes will not be forwarded")]
    public static partial void NotForwarding(ILogger logger);
}
