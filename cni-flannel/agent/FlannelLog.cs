using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>The agent's log lines.</summary>
internal static partial class FlannelLog
{
    [LoggerMessage(1, LogLevel.Information, "Node {Node}: back end {Backend}, pod network {Network}")]
    public static partial void Started(ILogger logger, string node, string backend, string network);

    [LoggerMessage(2, LogLevel.Information, "Waiting: {Reason}")]
    public static partial void Waiting(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "Ready: {Peers} other nodes, pod subnets {Subnets}, over {Interface}, pod MTU {Mtu}")]
    public static partial void Ready(ILogger logger, int peers, string subnets, string @interface, int mtu);

    [LoggerMessage(4, LogLevel.Information, "Created {Device}, {Kind}: from {Local}, MTU {Mtu}")]
    public static partial void DeviceCreated(ILogger logger, string device, string kind, IpAddress local, int mtu);

    [LoggerMessage(5, LogLevel.Information, "Removed {Device}: {Reason}")]
    public static partial void DeviceRemoved(ILogger logger, string device, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Corrected {Device}: MTU {OldMtu} to {Mtu}, address {OldMac} to {Mac}, was up: {WasUp}")]
    public static partial void DeviceCorrected(ILogger logger, string device, int oldMtu, int mtu, MacAddress? oldMac, MacAddress? mac, bool wasUp);

    [LoggerMessage(7, LogLevel.Information, "Node {Peer}: set {Change}")]
    public static partial void PeerProgrammed(ILogger logger, string peer, PeerChange change);

    [LoggerMessage(8, LogLevel.Information, "Removed route {Route}")]
    public static partial void RouteRemoved(ILogger logger, RouteEntry route);

    [LoggerMessage(9, LogLevel.Warning, "Node {Peer} is not served: {Reason}")]
    public static partial void PeerRefused(ILogger logger, string peer, string reason);

    [LoggerMessage(10, LogLevel.Information, "Wrote {File}")]
    public static partial void SubnetFileWritten(ILogger logger, string file);

    [LoggerMessage(11, LogLevel.Information, "Annotated node {Node}: {Annotations}")]
    public static partial void Annotated(ILogger logger, string node, string annotations);

    [LoggerMessage(12, LogLevel.Information, "Wrote the rules of {Where}")]
    public static partial void RulesWritten(ILogger logger, string where);

    [LoggerMessage(13, LogLevel.Error, "Cannot read kernel notifications: {Reason}; changes from outside are noticed at the next comparison only")]
    public static partial void MonitorFailed(ILogger logger, string reason);

    [LoggerMessage(14, LogLevel.Warning, "Cannot set the condition NetworkUnavailable of node {Node}: {Reason}")]
    public static partial void ConditionFailed(ILogger logger, string node, string reason);

    [LoggerMessage(15, LogLevel.Information, "Set the entries of {Count} nodes")]
    public static partial void PeersProgrammed(ILogger logger, int count);

    [LoggerMessage(16, LogLevel.Information, "Removed {Count} routes")]
    public static partial void RoutesRemoved(ILogger logger, int count);

    [LoggerMessage(17, LogLevel.Error, "{Device} carries nothing: {Reason}; it is begun anew")]
    public static partial void ForwarderFailed(ILogger logger, string device, string reason);

    [LoggerMessage(18, LogLevel.Warning, "net-conf.json does not ask for nftables (EnableNFTables), and iptables is not installed: the rules are made in nftables")]
    public static partial void NoIptables(ILogger logger);

    [LoggerMessage(19, LogLevel.Warning, "Cannot remove the rules that iptables may hold: {Reason}")]
    public static partial void IptablesNotCleaned(ILogger logger, string reason);

    [LoggerMessage(20, LogLevel.Warning, "{Problem}")]
    public static partial void Overlaps(ILogger logger, string problem);
}
