using System.Text.Json;

namespace Podwire.ApiServer.Tables;

/// <summary>Columns of services, endpoints and endpointslices.</summary>
internal static class ServiceTables
{
    private const int MostEndpoints = 3;

    public static TableDefinition Service { get; } = new(
        [
            ConfigTables.Name,
            new("Type", "How the service is exposed."),
            new("Cluster-IP", "The virtual address inside the cluster."),
            new("External-IP", "Addresses from outside the cluster."),
            new("Port(s)", "The ports, node ports and protocols."),
            ConfigTables.Age,
            new("Selector", "Which pods the service sends to.", 1),
        ],
        (item, now) =>
        [
            item.Name(),
            item.Text("spec", "type"),
            ClusterIp(item),
            ExternalIp(item),
            Cell.Join(item.Items("spec", "ports").Select(Port)),
            item.Age(now),
            Cell.Map(item.At("spec", "selector")),
        ]);

    public static TableDefinition Endpoints { get; } = new(
        [ConfigTables.Name, new("Endpoints", "Addresses and ports."), ConfigTables.Age],
        (item, now) => [item.Name(), Shorten([.. EndpointAddresses(item)]), item.Age(now)]);

    public static TableDefinition EndpointSlice { get; } = new(
        [
            ConfigTables.Name,
            new("AddressType", "IPv4, IPv6 or FQDN."),
            new("Ports", "The ports of every endpoint."),
            new("Endpoints", "Addresses."),
            ConfigTables.Age,
        ],
        (item, now) =>
        [
            item.Name(),
            item.Text("addressType"),
            SlicePorts(item),
            SliceAddresses(item),
            item.Age(now),
        ]);

    private static string ClusterIp(JsonElement service) =>
        service.Text("spec", "type") == "ExternalName" ? Cell.None : Cell.OrNone(service.Text("spec", "clusterIP"));

    private static string ExternalIp(JsonElement service)
    {
        string[] external = [.. service.Items("spec", "externalIPs").Select(item => item.GetString() ?? string.Empty)];
        switch (service.Text("spec", "type"))
        {
            case "ExternalName":
                return service.Text("spec", "externalName");
            case "LoadBalancer":
                string[] ingress =
                [
                    .. service.Items("status", "loadBalancer", "ingress").Select(item => item.Text("ip") is { Length: > 0 } ip ? ip : item.Text("hostname")),
                    .. external,
                ];
                return ingress.Length == 0 ? "<pending>" : string.Join(',', ingress);
            default:
                return Cell.Join(external);
        }
    }

    private static string Port(JsonElement port) =>
        port.Number("nodePort") is > 0 and var node ? $"{port.Number("port")}:{node}/{port.Text("protocol")}" : $"{port.Number("port")}/{port.Text("protocol")}";

    private static IEnumerable<string> EndpointAddresses(JsonElement endpoints) =>
        from subset in endpoints.Items("subsets")
        let ports = subset.Items("ports").ToArray()
        from text in ports.Length == 0
            ? subset.Items("addresses").Select(address => address.Text("ip"))
            : from port in ports
              from address in subset.Items("addresses")
              select $"{(address.Text("ip").Contains(':') ? $"[{address.Text("ip")}]" : address.Text("ip"))}:{port.Number("port")}"
        select text;

    private static string SlicePorts(JsonElement slice)
    {
        string[] ports = [.. slice.Items("ports").Select(port => port.At("port") is null ? (port.Text("name") is { Length: > 0 } name ? name : "*") : port.Number("port").ToString())];
        return ports.Length == 0 ? "<unset>" : Shorten(ports);
    }

    private static string SliceAddresses(JsonElement slice)
    {
        string[] addresses = [.. slice.Items("endpoints").SelectMany(endpoint => endpoint.Items("addresses")).Select(address => address.GetString() ?? string.Empty)];
        return addresses.Length == 0 ? "<unset>" : Shorten(addresses);
    }

    private static string Shorten(string[] texts) => texts.Length <= MostEndpoints
        ? Cell.Join(texts)
        : $"{string.Join(',', texts.Take(MostEndpoints))} + {texts.Length - MostEndpoints} more...";
}
