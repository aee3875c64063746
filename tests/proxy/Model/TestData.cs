using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Tests.Model;

/// <summary>Short ways to write what tests are about.</summary>
internal static class TestData
{
    public const string ThisNode = "node1";

    public static NodeState Node { get; } = new()
    {
        Name = ThisNode,
        Zone = "a",
        Addresses = [Ip("10.89.0.11"), Ip("fd89::11")],
        PodCidrs = [IpPrefix.Parse("10.244.0.0/24"), IpPrefix.Parse("fd44::/64")],
    };

    public static IpAddress Ip(string text) => IpAddress.Parse(text);

    public static EndpointAddress At(string address, ushort port) => new(Ip(address), port);

    public static EndpointRecord Endpoint(string address, string node = ThisNode, string conditions = "rs", string zones = "", string nodes = "") => new()
    {
        Address = Ip(address),
        NodeName = node,
        Conditions = (conditions.Contains('r') ? EndpointConditions.Ready : 0)
            | (conditions.Contains('s') ? EndpointConditions.Serving : 0)
            | (conditions.Contains('t') ? EndpointConditions.Terminating : 0),
        ZoneHints = zones.Length == 0 ? [] : zones.Split(','),
        NodeHints = nodes.Length == 0 ? [] : nodes.Split(','),
    };

    public static ServiceRecord Service(string name = "web", params string[] clusterIps) => new()
    {
        Key = new("default", name),
        ClusterIps = [.. clusterIps.DefaultIfEmpty("10.96.0.10").Select(Ip)],
        Ports = [new("http", IpProtocol.Tcp, 80, 0)],
    };

    public static SliceRecord Slice(ServiceRecord service, params EndpointRecord[] endpoints) => new()
    {
        Name = service.Key.Name + "-1",
        Service = service.Key,
        Family = endpoints.Length > 0 ? endpoints[0].Address.Family : IpFamily.V4,
        Ports = [.. service.Ports.Select(port => new SlicePort(port.Name, port.Protocol, (ushort)(8000 + port.Port)))],
        Endpoints = endpoints,
    };

    public static ServiceState With(ServiceRecord service, params EndpointRecord[] endpoints) =>
        new(service, endpoints.GroupBy(endpoint => endpoint.Address.Family).Select(group => Slice(service, [.. group])).ToList());

    public static ProxySnapshot Snapshot(params ServiceState[] states) => new(Node, states.ToDictionary(state => state.Service.Key, state => (ServiceState?)state));

    public static ProxySnapshot Gone(string name) => new(Node, new Dictionary<ServiceKey, ServiceState?> { [new("default", name)] = null });
}
