using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.CniBridge.Tests;

/// <summary>What portmap's tests ask of a node.</summary>
internal static class PortmapNode
{
    public const string Dual = "\"ranges\":[[{\"subnet\":\"10.77.0.0/24\"}],[{\"subnet\":\"fd77::/64\"}]]";

    /// <summary>Attaches a container with IPv4 and IPv6 addresses and a default route, and returns the result.</summary>
    public static string Attach(this Node node, string container) => node.Add(container, node.BridgeConfig()).Succeeds().Stdout;

    public static string BridgeConfig(this Node node, string more = "") => node.Config(",\"isDefaultGateway\":true" + more, node.Ipam(Dual));

    /// <summary>A configuration of portmap; <paramref name="mappings"/> are the members of the list, <paramref name="more"/> begins with a comma.</summary>
    public static string Config(string mappings, string more = "", string? previous = null, string name = "net") =>
        $$"""{"cniVersion":"1.1.0","name":"{{name}}","type":"portmap","runtimeConfig":{"portMappings":[{{mappings}}]}{{more}}{{(previous is null ? "" : ",\"prevResult\":" + previous)}}}""";

    public static string Mapping(int hostPort, int containerPort, string protocol = "tcp", string? hostIp = null) =>
        $$"""{"hostPort":{{hostPort}},"containerPort":{{containerPort}},"protocol":"{{protocol}}"{{(hostIp is null ? "" : $",\"hostIP\":\"{hostIp}\"")}}}""";

    public static Answer Portmap(this Node node, string command, string container, string config) => node.Run("portmap", command, config, container);

    /// <summary>The owners of all elements of portmap's tables, sorted.</summary>
    public static string[] PortOwners(this Node node)
    {
        using var nft = NftSocket.Open(node.Host);
        TableFamily[] families = [TableFamily.Ip, TableFamily.Ip6];
        return
        [
            .. families.Select(f => nft.ReadTable(new TableId(f, "podwire-cni-portmap")))
                .Where(t => t is not null)
                .SelectMany(t => t!.Sets)
                .SelectMany(s => s.Elements)
                .Select(e => e.Comment!)
                .Order(StringComparer.Ordinal),
        ];
    }
}
