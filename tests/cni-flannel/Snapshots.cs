using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

/// <summary>A cluster on 10.89.0.0/24: this node is node1 with 10.244.1.0/24.</summary>
internal static class Snapshots
{
    internal static FlannelSnapshot Of(BackendConf backend, params NodeLease[] peers) => new()
    {
        NetConf = new NetConf { NetworkV4 = IpPrefix.Parse("10.244.0.0/16"), Backend = backend },
        Node = "node1",
        Underlay = new Underlay
        {
            Index = 2,
            Name = "eth0",
            Mtu = 1500,
            AddressV4 = IpAddress.Parse("10.89.0.11"),
            OnLink = [IpPrefix.Parse("10.89.0.0/24")],
        },
        Subnets = new Dictionary<IpFamily, IpPrefix> { [IpFamily.V4] = IpPrefix.Parse("10.244.1.0/24") },
        VtepMacs = new Dictionary<IpFamily, MacAddress> { [IpFamily.V4] = Mac(1) },
        Peers = new Dictionary<IpFamily, IReadOnlyList<NodeLease>> { [IpFamily.V4] = peers },
    };

    internal static NodeLease Vxlan(int number, string? publicIp = null, string? subnet = null, int? mac = null) => new(
        $"node{number}",
        IpPrefix.Parse(subnet ?? $"10.244.{number}.0/24"),
        "vxlan",
        IpAddress.Parse(publicIp ?? $"10.89.0.1{number}"),
        new VxlanBackendData(1, Mac(mac ?? number)));

    internal static NodeLease HostGw(int number, string? publicIp = null) => new(
        $"node{number}", IpPrefix.Parse($"10.244.{number}.0/24"), "host-gw", IpAddress.Parse(publicIp ?? $"10.89.0.1{number}"), null);

    internal static MacAddress Mac(int number) => MacAddress.Parse($"0a:00:00:00:00:0{number}");
}
