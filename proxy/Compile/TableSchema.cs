using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile;

/// <summary>
/// The sets and maps of the table of one family. Names are the interface: people read them in <c>nft list ruleset</c>.
/// What churns is in data maps, whose changes cost the kernel one element; verdict maps are re-validated as a whole, so they hold one element per frontend.
/// </summary>
internal sealed class TableSchema
{
    /// <summary>The table's name, in the families ip and ip6.</summary>
    public const string TableName = "podwire-proxy";

    /// <summary>For IPv4.</summary>
    public static TableSchema V4 { get; } = new(IpFamily.V4);

    /// <summary>For IPv6.</summary>
    public static TableSchema V6 { get; } = new(IpFamily.V6);

    private TableSchema(IpFamily family)
    {
        Family = family;
        Id = new(family == IpFamily.V4 ? TableFamily.Ip : TableFamily.Ip6, TableName);
        Address = family == IpFamily.V4 ? NftType.Ipv4Address : NftType.Ipv6Address;
        Daddr = Payload.Daddr(family);
        Saddr = Payload.Saddr(family);
        FrontendExpression = Concat.Of(Daddr, Meta.L4proto, Payload.ThDport);
        NodePortExpression = Concat.Of(Meta.L4proto, Payload.ThDport);
        ValueList<KeyField> frontend = [Address, NftType.InetProtocol, NftType.InetService];
        ValueList<KeyField> nodePort = [NftType.InetProtocol, NftType.InetService];
        // A slot has no type with a width, so these two are declared by typeof (the modulus in it means nothing).
        var slot = KeyField.Of(new Numgen(1));
        ValueList<KeyField> target = [KeyField.Of(Daddr), KeyField.Of(Payload.ThDport)];
        ServiceIps = new NftMap { Name = "service-ips", Key = frontend, Counters = true };
        ServiceNodePorts = new NftMap { Name = "service-nodeports", Key = nodePort, Counters = true };
        ServiceEndpoints = new NftMap { Name = "service-endpoints", Key = [KeyField.Of(Daddr), KeyField.Of(Meta.L4proto), KeyField.Of(Payload.ThDport), slot], Data = target };
        NodePortEndpoints = new NftMap { Name = "nodeport-endpoints", Key = [KeyField.Of(Meta.L4proto), KeyField.Of(Payload.ThDport), slot], Data = target };
        NoEndpointServices = new NftMap { Name = "no-endpoint-services", Key = frontend };
        NoEndpointNodePorts = new NftMap { Name = "no-endpoint-nodeports", Key = nodePort };
        FirewallIps = new NftMap { Name = "firewall-ips", Key = frontend };
        ClusterIps = new NftSet { Name = "cluster-ips", Key = [Address] };
        Hairpin = new NftSet { Name = "hairpin", Key = [Address, Address] };
    }

    /// <summary>The family.</summary>
    public IpFamily Family { get; }

    /// <summary>The table.</summary>
    public TableId Id { get; }

    /// <summary>The type of addresses.</summary>
    public NftType Address { get; }

    /// <summary><c>ip daddr</c>.</summary>
    public Payload Daddr { get; }

    /// <summary><c>ip saddr</c>.</summary>
    public Payload Saddr { get; }

    /// <summary><c>ip daddr . meta l4proto . th dport</c>.</summary>
    public Concat FrontendExpression { get; }

    /// <summary><c>meta l4proto . th dport</c>.</summary>
    public Concat NodePortExpression { get; }

    /// <summary>Address, protocol, port to the chain of a frontend, counting.</summary>
    public NftMap ServiceIps { get; }

    /// <summary>Protocol, port to the chain of a node port, counting.</summary>
    public NftMap ServiceNodePorts { get; }

    /// <summary>Address, protocol, port, slot to an endpoint.</summary>
    public NftMap ServiceEndpoints { get; }

    /// <summary>Protocol, port, slot to an endpoint.</summary>
    public NftMap NodePortEndpoints { get; }

    /// <summary>Frontends without an endpoint, to refusal or drop.</summary>
    public NftMap NoEndpointServices { get; }

    /// <summary>Node ports without an endpoint.</summary>
    public NftMap NoEndpointNodePorts { get; }

    /// <summary>Frontends that only some sources may use, to the chain that checks them.</summary>
    public NftMap FirewallIps { get; }

    /// <summary>All cluster IPs: what reaches one untranslated has no business there.</summary>
    public NftSet ClusterIps { get; }

    /// <summary>Pairs of one address of a local endpoint: it talks to itself through a Service.</summary>
    public NftSet Hairpin { get; }

    /// <summary>All of them, in the order in which they are filled: what leads to endpoints last but for what refuses.</summary>
    public IEnumerable<SetObject> All => [ServiceEndpoints, NodePortEndpoints, Hairpin, FirewallIps, ServiceIps, ServiceNodePorts, NoEndpointServices, NoEndpointNodePorts, ClusterIps];

    /// <summary>The schema of a family.</summary>
    public static TableSchema Of(IpFamily family) => family == IpFamily.V4 ? V4 : V6;
}
