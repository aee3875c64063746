using Microsoft.Extensions.Logging;

namespace Podwire.Proxy.Apply;

/// <summary>What is logged of the kernel's tables.</summary>
internal static partial class ApplyLog
{
    [LoggerMessage(1, LogLevel.Information, "table {Table} loaded: {Elements} elements in {Batches} transactions")]
    public static partial void Loaded(ILogger logger, string table, int elements, int batches);

    [LoggerMessage(2, LogLevel.Information, "table {Table} read back: {Elements} elements and {Operations} operations differed")]
    public static partial void Verified(ILogger logger, string table, int elements, int operations);
}
