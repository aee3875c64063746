namespace Podwire.Proxy.Tests.Model;

/// <summary>Objects as an API server would send them, and where they live.</summary>
internal static class ApiObjects
{
    public const string Services = "api/v1/services";
    public const string Slices = "apis/discovery.k8s.io/v1/endpointslices";
    public const string Nodes = "api/v1/nodes";

    public static string Node(string name) =>
        $$$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV","labels":{"topology.kubernetes.io/zone":"a"}},"spec":{"podCIDRs":["10.244.0.0/24","fd44::/64"]},"status":{"addresses":[{"type":"InternalIP","address":"10.89.0.11"}]}}""";

    /// <param name="name">The name.</param>
    /// <param name="ips">clusterIPs, with commas.</param>
    /// <param name="ports">«name/PROTOCOL/port[/nodePort]», with spaces.</param>
    /// <param name="spec">More fields of the spec, with a comma in front.</param>
    /// <param name="status">The status.</param>
    public static string Service(string name, string ips, string ports, string spec = "", string status = "{}")
    {
        var list = ports.Split(' ').Select(port => port.Split('/')).Select(part =>
            $$"""{"name":"{{part[0]}}","protocol":"{{part[1]}}","port":{{part[2]}}{{(part.Length > 3 ? $",\"nodePort\":{part[3]}" : "")}}}""");
        return $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"clusterIP":"{{{ips.Split(',')[0]}}}","clusterIPs":[{{{string.Join(',', ips.Split(',').Select(ip => $"\"{ip}\""))}}}],"ports":[{{{string.Join(',', list)}}}]{{{spec}}}},"status":{{{status}}}}""";
    }

    /// <param name="service">The Service's name.</param>
    /// <param name="ports">«name/PROTOCOL/port», with spaces.</param>
    /// <param name="endpoints">
    /// Addresses, with spaces; after one «@node» names its node, node1 otherwise, «@node@rst» says whether it is ready, serving and terminating, «@node@rs@a»
    /// hints at zone a, «@node@rs@a@node1» at a node.
    /// </param>
    /// <param name="family">IPv4 or IPv6.</param>
    public static string Slice(string service, string ports, string endpoints, string family = "IPv4")
    {
        var list = ports.Split(' ').Select(port => port.Split('/')).Select(part => $$"""{"name":"{{part[0]}}","protocol":"{{part[1]}}","port":{{part[2]}}}""");
        var each = endpoints.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('@')).Select(part =>
            $$$"""{"addresses":["{{{part[0]}}}"],"conditions":{{{Conditions(part.Length > 2 ? part[2] : "rs")}}},"nodeName":"{{{(part.Length > 1 ? part[1] : "node1")}}}"{{{Hints(part)}}}}""");
        return $$$"""{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"namespace":"default","name":"{{{service}}}-{{{family}}}","uid":"{{{service}}}-{{{family}}}","resourceVersion":"$RV","labels":{"kubernetes.io/service-name":"{{{service}}}"}},"addressType":"{{{family}}}","ports":[{{{string.Join(',', list)}}}],"endpoints":[{{{string.Join(',', each)}}}]}""";
    }

    private static string Conditions(string letters)
    {
        string Of(char letter) => letters.Contains(letter) ? "true" : "false";
        return $$"""{"ready":{{Of('r')}},"serving":{{Of('s')}},"terminating":{{Of('t')}}}""";
    }

    private static string Hints(string[] part)
    {
        if (part.Length < 4)
        {
            return string.Empty;
        }

        var zones = part[3].Length > 0 ? $$"""
            "forZones":[{"name":"{{part[3]}}"}]
            """ : string.Empty;
        var nodes = part.Length > 4 ? $$"""
            "forNodes":[{"name":"{{part[4]}}"}]
            """ : string.Empty;
        return $",\"hints\":{{{zones}{(zones.Length > 0 && nodes.Length > 0 ? "," : string.Empty)}{nodes}}}";
    }
}
