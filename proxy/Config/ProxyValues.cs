using Podwire.Primitives;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Config;

/// <summary>Values that the file and the flags write alike.</summary>
internal static class ProxyValues
{
    /// <summary>The mode; empty is the default. Modes that are not served are refused with what to do instead.</summary>
    public static ProxyMode Mode(string name, string text) => text switch
    {
        "" or "nftables" => ProxyMode.Nftables,
        "iptables" => ProxyMode.Iptables,
        "ipvs" => ProxyMode.Ipvs,
        _ => throw new ConfigurationException($"{name} takes nftables, iptables or ipvs, not '{text}'"),
    };

    /// <summary>The mode as the configuration writes it.</summary>
    public static string NameOf(ProxyMode mode) => mode switch
    {
        ProxyMode.Nftables => "nftables",
        ProxyMode.Iptables => "iptables",
        ProxyMode.Ipvs => "ipvs",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };

    /// <summary>An IPVS scheduler; empty is rr.</summary>
    public static string Scheduler(string name, string text) => text.Length == 0 ? IpvsSchedulers.Default
        : IpvsSchedulers.All.Contains(text) ? text
        : throw new ConfigurationException($"{name} takes one of {string.Join(", ", IpvsSchedulers.All)}, not '{text}'");

    /// <summary>Prefixes of either family.</summary>
    public static IReadOnlyList<IpPrefix> ExcludeCidrs(string name, IReadOnlyList<string> items) => Prefixes(name, items);

    /// <summary>The local detection; empty is ClusterCIDR.</summary>
    public static DetectLocalMode DetectLocal(string name, string text) => text switch
    {
        "" or "ClusterCIDR" => DetectLocalMode.ClusterCidr,
        "NodeCIDR" => DetectLocalMode.NodeCidr,
        "BridgeInterface" => DetectLocalMode.BridgeInterface,
        "InterfaceNamePrefix" => DetectLocalMode.InterfaceNamePrefix,
        _ => throw new ConfigurationException($"{name} takes ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix, not '{text}'"),
    };

    /// <summary>One prefix, or one of each family joined by a comma; host bits are zeroed. Empty text gives none.</summary>
    public static IReadOnlyList<IpPrefix> ClusterCidrs(string name, string text)
    {
        var prefixes = text.Length == 0 ? [] : Prefixes(name, text.Split(','));
        return prefixes.Count < 2 || (prefixes.Count == 2 && prefixes[0].Family != prefixes[1].Family)
            ? prefixes
            : throw new ConfigurationException($"{name} takes one prefix of each family at most, not '{text}'");
    }

    /// <summary>A list of prefixes, or <c>primary</c> alone. An empty list means all addresses.</summary>
    public static NodePortAddresses NodePorts(string name, IReadOnlyList<string> items) => items switch
    {
        [] => NodePortAddresses.All,
        ["primary"] => new(true, []),
        _ => new(false, Prefixes(name, items)),
    };

    /// <summary>An interface name as the kernel takes it: up to 15 bytes, no slash, no white space (dev_valid_name, net/core/dev.c).</summary>
    public static string Interface(string name, string text) => text.Length is > 0 and < 16 && !text.Any(static c => c is '/' or ':' or <= ' ' or > '~')
        ? text
        : throw new ConfigurationException($"{name} takes an interface name of at most 15 characters, not '{text}'");

    private static List<IpPrefix> Prefixes(string name, IReadOnlyList<string> items)
    {
        var prefixes = new List<IpPrefix>();
        foreach (var item in items)
        {
            prefixes.Add(IpPrefix.TryParse(item.AsSpan().Trim(), out var prefix)
                ? prefix.Masked
                : throw new ConfigurationException($"{name}: '{item}' is not an address with a prefix length, such as 10.0.0.0/8"));
        }

        return prefixes;
    }
}
