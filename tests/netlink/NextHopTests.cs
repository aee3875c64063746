using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

/// <summary>Next hops that stand by themselves, and batches of which only refusals are answered.</summary>
public class NextHopTests
{
    [Fact]
    public void Batch_NextHopAndItsRoute_AgreesWithIp_AndTheRouteGoesByItsNumber()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        Assert.SkipWhen(route.ListNextHops() is null, "lacks: next hop objects (Linux 5.3)");
        using var monitor = RouteMonitor.Open(node.Namespace, RouteGroups.NextHop);
        var index = Device(route);
        var hop = new NextHopEntry(0x0AF40200, index, IpAddress.Parse("10.244.2.0")) { OnLink = true };
        var entry = new RouteEntry(IpPrefix.Parse("10.244.2.0/24")) { NextHopId = hop.Id };
        var batch = new RouteBatch();
        batch.SetNextHop(hop);
        batch.ReplaceRoute(entry);
        route.Execute(batch);

        var shown = node.IpJson("nexthop show")[0]!;
        Assert.Equal((hop.Id, "10.244.2.0", "d0", "boot"), ((uint)shown["id"]!, (string?)shown["gateway"], (string?)shown["dev"], (string?)shown["protocol"] ?? "boot"));
        Assert.Equal(hop, Assert.Single(route.ListNextHops(index)!));
        var listed = Assert.Single(route.ListRoutes(IpFamily.V4, interfaceIndex: index), static entry => entry.NextHopId != 0);
        Assert.Equal((hop.Id, (IpAddress?)hop.Gateway, index, true), (listed.NextHopId, listed.Gateway, listed.InterfaceIndex, listed.OnLink));

        // A route that names its next hop is not found by the gateway.
        Assert.False(route.DeleteRoute(listed with { NextHopId = 0 }));
        Assert.True(route.DeleteRoute(listed));
        var gone = new RouteBatch();
        gone.DeleteNextHop(hop.Id);
        route.Execute(gone);
        Assert.Empty(route.ListNextHops()!);
        Assert.Equal(Errno.ENOENT, Assert.Single(route.TryExecute(gone)).Errno);
        var seen = new List<RouteNotification>();
        monitor.Read(seen, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal([new RouteNotification.OfNextHop(hop, false), new RouteNotification.OfNextHop(hop, true)], seen);
    }

    [Fact]
    public void Batch_ThousandsWithRefusalsAmongThem_NamesEachOfThem_AndCarriesOutTheRest()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var index = Device(route);
        var batch = new RouteBatch();
        var wrong = new List<string>();
        for (var i = 0; i < 3000; i++)
        {
            var destination = IpPrefix.Parse($"10.{100 + (i >> 8)}.{i & 255}.0/24");
            var isWrong = i % 250 == 249 || i == 2999 || i == 0;
            batch.AddRoute(new RouteEntry(destination) { InterfaceIndex = isWrong ? 9999 : index });
            if (isWrong)
            {
                wrong.Add($"add route {destination} on interface 9999");
            }
        }

        var refusals = route.TryExecute(batch);
        Assert.Equal(wrong, refusals.Select(static refusal => refusal.Operation));
        Assert.All(refusals, static refusal => Assert.Equal(Errno.ENODEV, refusal.Errno));
        Assert.Equal(3000 - wrong.Count, route.ListRoutes(IpFamily.V4, interfaceIndex: index).Count(static entry => entry.Protocol == RouteProtocol.Boot));

        // The same batch again: what went well is refused now, one answer each, and nothing is lost.
        Assert.Equal(3000, route.TryExecute(batch).Count);
    }

    private static int Device(RouteSocket route)
    {
        route.AddLink(new VethSpec("d0", "d1") { Up = true });
        route.SetLink("d1", new LinkChange { Up = true });
        var index = route.GetLink("d0")!.Index;

        // A namespace without any address has no table of local ones, and no gateway is believed then.
        route.AddAddress(new AddressEntry(index, IpPrefix.Parse("10.1.0.1/24")));
        return index;
    }
}
