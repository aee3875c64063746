using Podwire.Primitives;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>What the chains of one family depend on beside the Services.</summary>
/// <param name="Common">What the modes have in common.</param>
/// <param name="LocalhostNodePorts">Node ports answer at 127.0.0.0/8 too (IPv4 only; needs route_localnet).</param>
internal sealed record IptablesSettings(TableSettings Common, bool LocalhostNodePorts)
{
    /// <summary>The family.</summary>
    public IpFamily Family => Common.Family;

    /// <summary>127.0.0.0/8 or ::1/128.</summary>
    public IpPrefix Loopback => LoopbackOf(Family);

    /// <summary>The settings for a family on this node.</summary>
    public static IptablesSettings Of(ProxyOptions options, NodeState node, IpFamily family) =>
        new(TableSettings.Of(options, node, family), family == IpFamily.V4 && UsesLocalhost(options));

    /// <summary>Localhost node ports are asked for and not left out by nodePortAddresses.</summary>
    public static bool UsesLocalhost(ProxyOptions options) => options.LocalhostNodePorts && !options.NodePorts.PrimaryOnly
        && (options.NodePorts.Prefixes.Count == 0 || options.NodePorts.Prefixes.Any(static prefix => prefix.Family == IpFamily.V4
            && (prefix.Contains(LoopbackOf(IpFamily.V4)) || LoopbackOf(IpFamily.V4).Contains(prefix))));

    private static IpPrefix LoopbackOf(IpFamily family) => family == IpFamily.V4 ? new(IpAddress.FromV4(0x7F000000), 8) : IpPrefix.Host(IpAddress.FromValue(IpFamily.V6, 1));
}
