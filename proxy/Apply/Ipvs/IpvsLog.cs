using Microsoft.Extensions.Logging;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>What is logged of mode IPVS.</summary>
internal static partial class IpvsLog
{
    [LoggerMessage(1, LogLevel.Information, "IPVS {Family} read back: {Services} services, {Addresses} addresses, {Entries} set entries and {Rules} iptables lines differed")]
    public static partial void Verified(ILogger logger, string family, int services, int addresses, int entries, int rules);

    [LoggerMessage(2, LogLevel.Warning, "IPVS {Family} was changed by somebody else; {Count} objects put right")]
    public static partial void Repaired(ILogger logger, string family, int count);

    [LoggerMessage(3, LogLevel.Debug, "{Destination} of {Service} has no connection left and is removed")]
    public static partial void Drained(ILogger logger, string destination, string service);

    [LoggerMessage(4, LogLevel.Warning, "{Sysctl} could not be set to {Value}: {Reason}")]
    public static partial void SysctlFailed(ILogger logger, string sysctl, string value, string reason);

    [LoggerMessage(5, LogLevel.Information, "IPVS services, kube-ipvs0, ipsets and chains of mode ipvs removed")]
    public static partial void Removed(ILogger logger);

    [LoggerMessage(6, LogLevel.Debug, "{Services} virtual services stay for the connections that lead through them")]
    public static partial void Busy(ILogger logger, int services);
}
