using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

public class OverlayDiffTests
{
    private const int Device = 9;

    [Fact]
    public void Between_EqualStates_IsEmpty() => Assert.True(Diff(Right()).IsEmpty);

    [Fact]
    public void Between_FreshDevice_AddsEverythingNodeByNode()
    {
        var changes = Diff(State([], [], [], []));
        Assert.Equal("10.244.1.0/32", Assert.Single(changes.AddedAddresses).Prefix.ToString());
        Assert.Equal(["node2", "node3"], changes.Peers.Select(peer => peer.Node));
        Assert.Equal(new NeighbourEntry(Device, IpAddress.Parse("10.244.2.0"), Snapshots.Mac(2)), changes.Peers[0].Neighbour);
        Assert.Equal(new FdbEntry(Device, Snapshots.Mac(2)) { Remote = IpAddress.Parse("10.89.0.12") }, changes.Peers[0].Fdb);
        Assert.Equal(
            new RouteEntry(IpPrefix.Parse("10.244.2.0/24")) { Gateway = IpAddress.Parse("10.244.2.0"), InterfaceIndex = Device, OnLink = true },
            changes.Peers[0].Route);
        Assert.Empty(changes.RemovedRoutes);
        Assert.Equal(7, changes.Count);
    }

    [Fact]
    public void Between_NodeGone_RemovesItsThreeObjects()
    {
        var changes = Diff(Right(), Snapshots.Vxlan(2));
        Assert.Equal("10.244.3.0/24", Assert.Single(changes.RemovedRoutes).Destination.ToString());
        Assert.Equal(Snapshots.Mac(3), Assert.Single(changes.RemovedFdb).Mac);
        Assert.Equal(IpAddress.Parse("10.244.3.0"), Assert.Single(changes.RemovedNeighbours).Address);
        Assert.Empty(changes.Peers);
    }

    [Fact]
    public void Between_NodeWithNewAddressAndMac_CorrectsBothAndLeavesTheRoute()
    {
        var changes = Diff(Right(), Snapshots.Vxlan(2, publicIp: "10.89.0.99", mac: 7), Snapshots.Vxlan(3));
        var peer = Assert.Single(changes.Peers);
        Assert.Equal(Snapshots.Mac(7), peer.Neighbour!.Mac);
        Assert.Equal(IpAddress.Parse("10.89.0.99"), peer.Fdb!.Remote);
        Assert.Null(peer.Route);
        Assert.Equal(Snapshots.Mac(2), Assert.Single(changes.RemovedFdb).Mac);
        Assert.Empty(changes.RemovedNeighbours);
    }

    [Fact]
    public void Between_WrongRemoteAlone_IsReplacedInPlace()
    {
        var state = Right();
        state = State(state.Devices["flannel.1"].Addresses, state.Devices["flannel.1"].Neighbours, [Fdb(2, "10.89.0.66"), Fdb(3)], state.Routes);
        var changes = Diff(state);
        Assert.Empty(changes.RemovedFdb);
        Assert.Equal(IpAddress.Parse("10.89.0.12"), Assert.Single(changes.Peers).Fdb!.Remote);
    }

    [Fact]
    public void Between_SecondRemoteBesideTheRightOne_IsRemoved()
    {
        var state = Right();
        state = State(state.Devices["flannel.1"].Addresses, state.Devices["flannel.1"].Neighbours, [Fdb(2), Fdb(2, "10.89.0.66"), Fdb(3)], state.Routes);
        var changes = Diff(state);
        Assert.Equal(IpAddress.Parse("10.89.0.66"), Assert.Single(changes.RemovedFdb).Remote);
        Assert.Empty(changes.Peers);
    }

    [Fact]
    public void Between_RouteByWayOfAnotherGateway_IsReplacedWithoutAGap()
    {
        var state = Right();
        var wrong = new RouteEntry(IpPrefix.Parse("10.244.2.0/24")) { Gateway = IpAddress.Parse("10.89.0.12"), InterfaceIndex = 2 };
        state = state with { Routes = [wrong, state.Routes[1]] };
        var changes = Diff(state);
        Assert.Empty(changes.RemovedRoutes);
        Assert.Equal(Device, Assert.Single(changes.Peers).Route!.InterfaceIndex);
    }

    [Fact]
    public void Between_ForeignRouteToTheSamePodsWithAnotherMetric_IsRemoved()
    {
        var state = Right();
        var extra = state.Routes[0] with { Metric = 7 };
        var changes = Diff(state with { Routes = [.. state.Routes, extra] });
        Assert.Equal([extra], changes.RemovedRoutes.Where(route => route.Metric == 7));
    }

    private static OverlayChanges Diff(KernelState actual, params NodeLease[] peers)
    {
        var snapshot = Snapshots.Of(new BackendConf { Type = BackendType.Vxlan }, peers.Length == 0 ? [Snapshots.Vxlan(2), Snapshots.Vxlan(3)] : peers);
        return OverlayDiff.Between(actual, OverlayCompiler.Compile(snapshot), snapshot.Underlay, new NextHopUse());
    }

    private static KernelState Right() => State(
        [new AddressEntry(Device, IpPrefix.Parse("10.244.1.0/32"))],
        [Neighbour(2), Neighbour(3)],
        [Fdb(2), Fdb(3)],
        [Route(2), Route(3)]);

    private static KernelState State(IReadOnlyList<AddressEntry> addresses, IReadOnlyList<NeighbourEntry> neighbours, IReadOnlyList<FdbEntry> fdb, IReadOnlyList<RouteEntry> routes) => new()
    {
        Devices = new Dictionary<string, DeviceState> { ["flannel.1"] = new(new Link { Index = Device, Name = "flannel.1", Kind = "vxlan" }, addresses, neighbours, fdb) },
        StaleDevices = [],
        Routes = routes,
    };

    private static NeighbourEntry Neighbour(int number) => new(Device, IpAddress.Parse($"10.244.{number}.0"), Snapshots.Mac(number));

    private static FdbEntry Fdb(int number, string? remote = null) => new(Device, Snapshots.Mac(number)) { Remote = IpAddress.Parse(remote ?? $"10.89.0.1{number}") };

    private static RouteEntry Route(int number) => new(IpPrefix.Parse($"10.244.{number}.0/24")) { Gateway = IpAddress.Parse($"10.244.{number}.0"), InterfaceIndex = Device, OnLink = true };
}
