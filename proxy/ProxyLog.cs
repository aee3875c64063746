using Microsoft.Extensions.Logging;
using Podwire.Proxy.Config;

namespace Podwire.Proxy;

/// <summary>What is logged of the daemon as a whole.</summary>
internal static partial class ProxyLog
{
    [LoggerMessage(1, LogLevel.Information, "node {Node}, API server {Server}, mode {Mode}, pods {Pods} ({Detect})")]
    public static partial void Starting(ILogger logger, string node, Uri server, string mode, string pods, DetectLocalMode detect);

    [LoggerMessage(2, LogLevel.Information, "the configuration sets {Key}, which has no effect here")]
    public static partial void WithoutEffect(ILogger logger, string key);

    [LoggerMessage(3, LogLevel.Information, "ended; the rules stay")]
    public static partial void Ended(ILogger logger);

    [LoggerMessage(4, LogLevel.Information, "every rule of the proxy was removed")]
    public static partial void CleanedUp(ILogger logger);

    [LoggerMessage(6, LogLevel.Information, "the rules of mode {Old} were removed, after those of mode {New} were in place")]
    public static partial void ModeRemoved(ILogger logger, string old, string @new);

    [LoggerMessage(8, LogLevel.Information, "what kube-proxy's mode {Mode} left was removed, after the rules of this one were in place")]
    public static partial void PredecessorRemoved(ILogger logger, string mode);

    [LoggerMessage(9, LogLevel.Information, "of mode {Old} what its open connections need stays until they have ended")]
    public static partial void ModeDrains(ILogger logger, string old);

    [LoggerMessage(20, LogLevel.Warning, "{User} uses bit 0x{Mark:x} of the packet mark too: set masqueradeBit to another one")]
    public static partial void MarkClash(ILogger logger, uint mark, string user);

    [LoggerMessage(21, LogLevel.Warning, "whether others use the bit of the packet mark could not be checked: {Reason}")]
    public static partial void MarkUnchecked(ILogger logger, string reason);

    [LoggerMessage(7, LogLevel.Warning, "{Count} TRACE rules of a trace that was killed were removed")]
    public static partial void TraceRemoved(ILogger logger, int count);

    [LoggerMessage(5, LogLevel.Debug, "{Services} Services changed: {Elements} elements in {Batches} transactions, {Milliseconds:0.000} ms")]
    public static partial void Synced(ILogger logger, int services, int elements, int batches, double milliseconds);
}
