using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class OverlayCompilerTests
{
    private static readonly BackendConf Vxlan = new() { Type = BackendType.Vxlan };
    private static readonly BackendConf HostGw = new() { Type = BackendType.HostGw };

    [Fact]
    public void Vxlan_TwoPeers_IsOneDeviceWithAnEntryAndARouteEach()
    {
        var state = OverlayCompiler.Compile(Snapshots.Of(Vxlan, Snapshots.Vxlan(2), Snapshots.Vxlan(3)));
        var device = Assert.IsType<VxlanDevice>(Assert.Single(state.Devices));
        Assert.Equal("flannel.1", device.Name);
        Assert.Equal((1u, (ushort)8472, false, false), (device.Vni, device.Port, device.Learning, device.Gbp));
        Assert.Equal(IpAddress.Parse("10.89.0.11"), device.Local);
        Assert.Equal(2, device.ParentIndex);
        Assert.Equal(1450, device.Mtu);
        Assert.Equal(1450, state.PodMtu);
        Assert.Equal(Snapshots.Mac(1), device.Mac);
        Assert.Equal(IpPrefix.Parse("10.244.1.0/32"), device.Address);
        Assert.Equal(
            [
                new VtepPeer("node2", IpAddress.Parse("10.244.2.0"), Snapshots.Mac(2), IpAddress.Parse("10.89.0.12")),
                new VtepPeer("node3", IpAddress.Parse("10.244.3.0"), Snapshots.Mac(3), IpAddress.Parse("10.89.0.13")),
            ],
            device.Peers);
        Assert.Equal(
            [
                new PodRoute("node2", IpPrefix.Parse("10.244.2.0/24"), IpAddress.Parse("10.244.2.0"), "flannel.1"),
                new PodRoute("node3", IpPrefix.Parse("10.244.3.0/24"), IpAddress.Parse("10.244.3.0"), "flannel.1"),
            ],
            state.Routes);
        Assert.Empty(state.Refused);
    }

    [Fact]
    public void Vxlan_ConfiguredMtu_IsTheUnderlays() =>
        Assert.Equal(8950, OverlayCompiler.Compile(Snapshots.Of(Vxlan with { Mtu = 9000 })).PodMtu);

    [Fact]
    public void Vxlan_DirectRouting_TakesPlainRoutesOnTheLinkOnly()
    {
        var state = OverlayCompiler.Compile(Snapshots.Of(Vxlan with { DirectRouting = true }, Snapshots.Vxlan(2), Snapshots.Vxlan(3, "192.0.2.3")));
        Assert.Equal(
            [
                new PodRoute("node2", IpPrefix.Parse("10.244.2.0/24"), IpAddress.Parse("10.89.0.12"), null),
                new PodRoute("node3", IpPrefix.Parse("10.244.3.0/24"), IpAddress.Parse("10.244.3.0"), "flannel.1"),
            ],
            state.Routes);
        Assert.Equal("node3", Assert.Single(Assert.IsType<VxlanDevice>(Assert.Single(state.Devices)).Peers).Node);
    }

    [Fact]
    public void HostGw_PeerOffTheLink_IsRefusedByName()
    {
        var state = OverlayCompiler.Compile(Snapshots.Of(HostGw, Snapshots.HostGw(2), Snapshots.HostGw(3, "192.0.2.3")));
        Assert.Empty(state.Devices);
        Assert.Equal([new PodRoute("node2", IpPrefix.Parse("10.244.2.0/24"), IpAddress.Parse("10.89.0.12"), null)], state.Routes);
        Assert.Equal([new RefusedPeer("node3", "192.0.2.3 is not on the link of eth0, which host-gw needs")], state.Refused);
        Assert.Equal(1500, state.PodMtu);
    }

    [Fact]
    public void Peer_ThatCannotBe_IsRefusedAndTheOthersAreServed()
    {
        var state = OverlayCompiler.Compile(Snapshots.Of(
            Vxlan,
            Snapshots.Vxlan(2),
            Snapshots.Vxlan(3, subnet: "10.245.3.0/24"),
            Snapshots.Vxlan(4, subnet: "10.244.1.0/25"),
            Snapshots.Vxlan(5, subnet: "10.244.2.128/25"),
            Snapshots.Vxlan(6, mac: 2),
            Snapshots.Vxlan(7, publicIp: "10.89.0.11"),
            Snapshots.HostGw(8)));
        Assert.Equal("node2", Assert.Single(state.Routes).Node);
        Assert.Equal("node2", Assert.Single(Assert.IsType<VxlanDevice>(Assert.Single(state.Devices)).Peers).Node);
        Assert.Equal(
            [
                "node3: its pod subnet 10.245.3.0/24 lies outside 10.244.0.0/16",
                "node4: its pod subnet 10.244.1.0/25 overlaps ours, 10.244.1.0/24",
                "node5: its pod subnet 10.244.2.128/25 overlaps that of node node2",
                "node6: its VTEP MAC 0a:00:00:00:00:02 is that of node node2",
                "node7: its public address 10.89.0.11 is this node's",
                "node8: its back end is host-gw, ours is vxlan",
            ],
            state.Refused.Select(peer => $"{peer.Node}: {peer.Reason}"));
    }

    [Fact]
    public void DualStack_IsOneDeviceForEachFamily_AndTheSmallerMtu()
    {
        var snapshot = Snapshots.Of(Vxlan, Snapshots.Vxlan(2));
        snapshot = snapshot with
        {
            NetConf = snapshot.NetConf with { NetworkV6 = IpPrefix.Parse("fd00:10:244::/48") },
            Underlay = snapshot.Underlay with { AddressV6 = IpAddress.Parse("fd00:89::11") },
            Subnets = new Dictionary<IpFamily, IpPrefix> { [IpFamily.V4] = IpPrefix.Parse("10.244.1.0/24"), [IpFamily.V6] = IpPrefix.Parse("fd00:10:244:1::/64") },
            VtepMacs = new Dictionary<IpFamily, MacAddress> { [IpFamily.V4] = Snapshots.Mac(1), [IpFamily.V6] = Snapshots.Mac(9) },
            Peers = new Dictionary<IpFamily, IReadOnlyList<NodeLease>>
            {
                [IpFamily.V4] = snapshot.Peers[IpFamily.V4],
                [IpFamily.V6] = [new NodeLease("node2", IpPrefix.Parse("fd00:10:244:2::/64"), "vxlan", IpAddress.Parse("fd00:89::12"), new VxlanBackendData(1, Snapshots.Mac(8)))],
            },
        };
        var state = OverlayCompiler.Compile(snapshot);
        Assert.Equal(["flannel.1", "flannel-v6.1"], state.Devices.Select(device => device.Name));
        Assert.Equal(1430, state.Devices[1].Mtu);
        Assert.Equal(IpPrefix.Parse("fd00:10:244:1::/128"), state.Devices[1].Address);
        Assert.Equal(1430, state.PodMtu);
        Assert.Contains(new PodRoute("node2", IpPrefix.Parse("fd00:10:244:2::/64"), IpAddress.Parse("fd00:10:244:2::"), "flannel-v6.1"), state.Routes);
    }

    [Fact]
    public void Compile_AnyOrderOfPeers_GivesTheSame()
    {
        NodeLease[] peers = [Snapshots.Vxlan(2), Snapshots.Vxlan(3), Snapshots.Vxlan(4, subnet: "10.244.2.0/24"), Snapshots.Vxlan(5, subnet: "10.244.2.0/23")];
        var forward = OverlayCompiler.Compile(Snapshots.Of(Vxlan, peers));
        Array.Reverse(peers);
        var backward = OverlayCompiler.Compile(Snapshots.Of(Vxlan, peers));
        Assert.Equal(forward.Routes, backward.Routes);
        Assert.Equal(forward.Refused, backward.Refused);
        Assert.Equal(((VxlanDevice)forward.Devices[0]).Peers, ((VxlanDevice)backward.Devices[0]).Peers);
        Assert.Equal("node5", Assert.Single(forward.Routes).Node);
        Assert.Equal(["node2", "node3", "node4"], forward.Refused.Select(peer => peer.Node));
    }

    [Fact]
    public void Alloc_ProgramsNothing()
    {
        var state = OverlayCompiler.Compile(Snapshots.Of(new BackendConf { Type = BackendType.Alloc }, Snapshots.Vxlan(2)));
        Assert.Empty(state.Devices);
        Assert.Empty(state.Routes);
        Assert.Empty(state.Refused);
        Assert.Equal(1500, state.PodMtu);
    }
}
