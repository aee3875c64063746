using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

public class RouteTests
{
    [Fact]
    public void Address_AddListDelete_AgreesWithIp()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var index = Veth(route);
        var v4 = new AddressEntry(index, IpPrefix.Parse("10.1.2.3/24")) { Broadcast = IpAddress.Parse("10.1.2.255") };
        var v6 = new AddressEntry(index, IpPrefix.Parse("fd00::3/64")) { Flags = AddressFlags.NoDad };
        route.AddAddress(v4);
        route.AddAddress(v6);
        Assert.Equal(Errno.EEXIST, Assert.Throws<NetlinkException>(() => route.AddAddress(v4)).Errno);
        route.EnsureAddress(v4);

        var shown = node.IpJson("address show dev veth0")[0]!["addr_info"]!.AsArray();
        Assert.Equal("10.1.2.255", (string?)shown.Single(a => (string?)a!["local"] == "10.1.2.3")!["broadcast"]);
        Assert.Equal(64, (int)shown.Single(a => (string?)a!["local"] == "fd00::3")!["prefixlen"]!);
        var listed = route.ListAddresses(index, IpFamily.V4).Single();
        Assert.Equal(v4.Prefix, listed.Prefix);
        Assert.Equal(AddressFlags.Permanent, listed.Flags & AddressFlags.Permanent);
        Assert.Contains(route.ListAddresses(index, IpFamily.V6), a => a.Prefix == v6.Prefix && (a.Flags & AddressFlags.Tentative) == 0);

        Assert.True(route.DeleteAddress(v4));
        Assert.False(route.DeleteAddress(v4));
    }

    [Fact]
    public void Route_EachProperty_AgreesWithIp()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var index = Veth(route);
        route.AddAddress(new AddressEntry(index, IpPrefix.Parse("10.1.0.1/24")));
        RouteEntry[] routes =
        [
            new(IpPrefix.Default(IpFamily.V4)) { Gateway = IpAddress.Parse("10.1.0.254"), InterfaceIndex = index },
            new(IpPrefix.Parse("10.2.0.0/16")) { InterfaceIndex = index, Metric = 50, PreferredSource = IpAddress.Parse("10.1.0.1") },
            new(IpPrefix.Parse("10.244.1.0/24")) { Gateway = IpAddress.Parse("10.244.1.0"), InterfaceIndex = index, OnLink = true, Protocol = RouteProtocol.Static },
            new(IpPrefix.Parse("10.3.0.0/16")) { Gateway = IpAddress.Parse("10.1.0.9"), InterfaceIndex = index, Mtu = 1400, AdvertisedMss = 1360 },
            new(IpPrefix.Parse("10.4.0.0/16")) { Type = RouteType.Blackhole },
            new(IpPrefix.Parse("10.5.0.0/16")) { InterfaceIndex = index, Table = 1000 },
            new(IpPrefix.Parse("fd01::/64")) { InterfaceIndex = index },
        ];
        foreach (var entry in routes)
        {
            route.AddRoute(entry);
        }

        var shown = node.IpJson("-4 route show table all").ToDictionary(r => (string)r!["dst"]!, r => r!, StringComparer.Ordinal);
        Assert.Equal("10.1.0.254", (string?)shown["default"]["gateway"]);
        Assert.Equal(50, (int)shown["10.2.0.0/16"]["metric"]!);
        Assert.Equal("10.1.0.1", (string?)shown["10.2.0.0/16"]["prefsrc"]);
        Assert.Equal("link", (string?)shown["10.2.0.0/16"]["scope"]);
        Assert.Contains("onlink", shown["10.244.1.0/24"]["flags"]!.AsArray().Select(f => (string?)f));
        Assert.Equal("static", (string?)shown["10.244.1.0/24"]["protocol"]);
        Assert.Equal(1400, (int)shown["10.3.0.0/16"]["metrics"]![0]!["mtu"]!);
        Assert.Equal("blackhole", (string?)shown["10.4.0.0/16"]["type"]);
        Assert.Equal("1000", (string?)shown["10.5.0.0/16"]["table"]);

        foreach (var entry in routes)
        {
            var listed = route.ListRoutes(entry.Destination.Family, entry.Table).Single(r => r.Destination == entry.Destination);
            Assert.Equal(entry with { Scope = listed.Scope, Metric = entry.Destination.Family == IpFamily.V6 ? 1024 : entry.Metric, InterfaceIndex = listed.InterfaceIndex }, listed);
            Assert.Equal(entry.InterfaceIndex, listed.InterfaceIndex);
            Assert.True(route.DeleteRoute(listed));
            Assert.False(route.DeleteRoute(listed));
        }
    }

    [Fact]
    public void ReplaceRoute_OtherGateway_LeavesOne()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var index = Veth(route);
        route.AddAddress(new AddressEntry(index, IpPrefix.Parse("10.1.0.1/24")));
        var entry = new RouteEntry(IpPrefix.Parse("10.9.0.0/24")) { Gateway = IpAddress.Parse("10.1.0.2"), InterfaceIndex = index };
        route.AddRoute(entry);
        Assert.Equal(Errno.EEXIST, Assert.Throws<NetlinkException>(() => route.AddRoute(entry)).Errno);
        route.ReplaceRoute(entry with { Gateway = IpAddress.Parse("10.1.0.3") });
        Assert.Equal(IpAddress.Parse("10.1.0.3"), route.ListRoutes(IpFamily.V4).Single(r => r.Destination == entry.Destination).Gateway);
        Assert.Equal(IpAddress.Parse("10.1.0.3"), route.GetRoute(IpAddress.Parse("10.9.0.7"))!.Gateway);
    }

    [Fact]
    public void AddRoute_UnreachableGateway_CarriesTheKernelsWords()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var index = Veth(route);
        var error = Assert.Throws<NetlinkException>(() => route.AddRoute(new RouteEntry(IpPrefix.Parse("10.9.0.0/24")) { Gateway = IpAddress.Parse("192.0.2.1"), InterfaceIndex = index }));
        Assert.Equal(Errno.ENETUNREACH, error.Errno);
        Assert.Equal("Nexthop has invalid gateway", error.KernelText);
        Assert.StartsWith($"add route 10.9.0.0/24 via 192.0.2.1 on interface {index}: ENETUNREACH", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Neighbour_AndFdb_AgreeWithIpAndBridge()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VxlanSpec("flannel.1", new VxlanAttributes { Vni = 1, Port = 8472, Learning = false, Local = IpAddress.Parse("127.0.0.1") }) { Up = true });
        var index = route.GetLink("flannel.1")!.Index;
        var mac = MacAddress.Parse("ee:00:00:00:00:02");
        var neighbour = new NeighbourEntry(index, IpAddress.Parse("10.244.2.0"), mac);
        var fdb = new FdbEntry(index, mac) { Remote = IpAddress.Parse("10.89.0.12") };
        route.SetNeighbour(neighbour);
        route.SetFdb(fdb);

        var shown = node.IpJson("neigh show dev flannel.1").Single()!;
        Assert.Equal("10.244.2.0", (string?)shown["dst"]);
        Assert.Equal("ee:00:00:00:00:02", (string?)shown["lladdr"]);
        Assert.Equal("PERMANENT", (string?)shown["state"]![0]);
        var entry = node.BridgeJson("fdb show dev flannel.1").Single()!;
        Assert.Equal("ee:00:00:00:00:02", (string?)entry["mac"]);
        Assert.Equal("10.89.0.12", (string?)entry["dst"]);
        Assert.Equal("permanent", (string?)entry["state"]);
        Assert.Equal(neighbour, route.ListNeighbours(IpFamily.V4, index).Single());
        Assert.Equal(fdb, route.ListFdb(index).Single());

        route.SetFdb(fdb with { Remote = IpAddress.Parse("10.89.0.13") });
        Assert.Equal(IpAddress.Parse("10.89.0.13"), route.ListFdb(index).Single().Remote);
        Assert.True(route.DeleteFdb(fdb with { Remote = IpAddress.Parse("10.89.0.13") }));
        Assert.False(route.DeleteFdb(fdb with { Remote = IpAddress.Parse("10.89.0.13") }));
        Assert.Empty(route.ListFdb(index));
        Assert.True(route.DeleteNeighbour(neighbour));
        Assert.False(route.DeleteNeighbour(neighbour));
    }

    [Fact]
    public void Rule_AddListDelete_AgreesWithIp()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var rule = new RuleEntry(IpFamily.V4, 100, 1000) { Source = IpPrefix.Parse("10.244.0.0/16"), Mark = 0x4000, MarkMask = 0x4000 };
        route.AddRule(rule);
        var shown = node.IpJson("rule show").Single(r => (int)r!["priority"]! == 100)!;
        Assert.Equal("10.244.0.0", (string?)shown["src"]);
        Assert.Equal("1000", (string?)shown["table"]);
        Assert.Equal("0x4000", (string?)shown["fwmark"]);
        Assert.Equal(rule, route.ListRules(IpFamily.V4).Single(r => r.Priority == 100));
        Assert.True(route.DeleteRule(rule));
        Assert.False(route.DeleteRule(rule));
    }

    private static int Veth(RouteSocket route)
    {
        route.AddLink(new VethSpec("veth0", "peer0") { Up = true });
        route.SetLink("peer0", new LinkChange { Up = true });
        return route.GetLink("veth0")!.Index;
    }
}
