using Microsoft.Extensions.Logging;
using Podwire.Iptables;

namespace Podwire.Proxy.Apply.Iptables;

/// <summary>What is logged of mode iptables.</summary>
internal static partial class IptablesLog
{
    [LoggerMessage(1, LogLevel.Information, "{Program} compared: {Chains} chains written, {Deleted} deleted, {Lines} lines differed")]
    public static partial void Verified(ILogger logger, string program, int chains, int deleted, int lines);

    [LoggerMessage(2, LogLevel.Warning, "chains of {Program} were changed by somebody else; {Lines} lines put right")]
    public static partial void Repaired(ILogger logger, string program, int lines);

    [LoggerMessage(3, LogLevel.Information, "removed the iptables chains of {Variant} ({Program}): {Lines} lines")]
    public static partial void Removed(ILogger logger, IptablesVariant variant, string program, int lines);

    [LoggerMessage(4, LogLevel.Warning, "the canary chains are gone: somebody flushed the tables")]
    public static partial void CanaryGone(ILogger logger);
}
