using System.Text.Json.Nodes;

namespace Podwire.BgpDaemon.Tests;

/// <summary>podwire-bgp between bird, gobgpd and FRR's bgpd at once.</summary>
public class MixedPeersTests
{
    /// <summary>The odd ones of six peers have their sessions between IPv4 addresses, the others between IPv6 addresses: bird, gobgpd, bgpd of each.</summary>
    private static string AddressOf(int peer) => peer % 2 == 1 ? $"10.99.1.{peer}" : $"fd99::1:{peer}";

    private static string HubOf(int peer) => peer % 2 == 1 ? "10.99.0.1" : "fd99::1";

    private static string[] RoutesOf(int peer) => [$"10.{peer}.0.0/16", $"fd0{peer}::/64"];

    [Fact]
    public void Reflector_BirdGobgpAndFrrOverBothTransports_HearEachOtherInBothFamilies()
    {
        using var lab = new Lab(6);
        lab.WriteConfig($$"""
            "connectRetry": 1, "neighbors": [{{string.Join(',', Enumerable.Range(1, 6).Select(static peer => $$"""{"address": "{{AddressOf(peer)}}", "asn": 64512, "routeReflectorClient": true, "description": "peer {{peer}}"}"""))}}]
            """);
        lab.StartDaemon();
        foreach (var peer in (int[])[1, 2])
        {
            lab.StartBird(peer, Lab.BirdPeer("debug { states, packets };").Replace("10.99.0.1", HubOf(peer)) + Lab.BirdRoutes(RoutesOf(peer)));
        }

        foreach (var peer in (int[])[3, 4])
        {
            lab.StartGobgp(peer, HubOf(peer));
            Array.ForEach(RoutesOf(peer), route => lab.GobgpAdd(peer, route));
        }

        foreach (var peer in (int[])[5, 6])
        {
            lab.StartFrr(peer, HubOf(peer), family: "neighbor H route-map own out", routes: RoutesOf(peer));
        }

        lab.Until(() => lab.Ask("routes")?["routes"]!.AsArray().Count == 12, "the reflector has the two routes of each");
        foreach (var route in Enumerable.Range(1, 6).SelectMany(RoutesOf))
        {
            foreach (var reader in Enumerable.Range(1, 6).Where(reader => !RoutesOf(reader).Contains(route)))
            {
                lab.Until(() => Sees(lab, reader, route), $"peer {reader} has {route}, with its originator and our cluster");
            }
        }

        void EachHasHadOneSession() => Assert.All(Enumerable.Range(1, 6), peer => Assert.True(1 == (int)lab.NeighborAt(AddressOf(peer))!["established"]!, lab.DaemonLog));
        EachHasHadOneSession();

        // Route refresh as each asks for it; with bird between the marks of RFC 7313, with bgpd as it likes.
        var before = Enumerable.Range(1, 6).Select(peer => (int)lab.NeighborAt(AddressOf(peer))!["messagesIn"]!).ToArray();
        lab.BirdDo(1, "reload in hub");
        lab.Until(() => File.ReadAllText(Path.Combine(lab.Folder, "bird1.log")) is var log && log.Contains("Got BEGIN-OF-RR") && log.Contains("Got END-OF-RR"), "bird has seen begin and end");
        lab.Gobgp(3, "neighbor 10.99.0.1 softresetin");
        lab.Frr(5, "clear bgp ipv4 unicast 10.99.0.1 soft in", "clear bgp ipv6 unicast 10.99.0.1 soft in");
        lab.Until(() => lab.FrrNeighbor(5)!["messageStats"]!["routeRefreshSent"]!.GetValue<int>() >= 2, "bgpd has asked");
        lab.Until(() => (int)lab.NeighborAt(AddressOf(3))!["messagesIn"]! > before[2], "gobgpd has asked");
        Assert.True((bool)lab.NeighborAt(AddressOf(1))!["agreed"]!["enhancedRouteRefresh"]!);
        Assert.All((int[])[1, 3, 5], reader => Assert.All(Enumerable.Range(1, 6).Where(peer => peer != reader).SelectMany(RoutesOf), route => Assert.True(Sees(lab, reader, route))));

        EachHasHadOneSession();

        // And withdrawn: one route of each, that everybody loses.
        lab.BirdDo(1, "disable s4");
        lab.BirdDo(2, "disable s6");
        lab.Gobgp(3, "global rib del -a ipv4 10.3.0.0/16");
        lab.Gobgp(4, "global rib del -a ipv6 fd04::/64");
        lab.Frr(5, "configure terminal", "router bgp 64512", "address-family ipv4 unicast", "no network 10.5.0.0/16");
        lab.Frr(6, "configure terminal", "router bgp 64512", "address-family ipv6 unicast", "no network fd06::/64");
        string[] gone = ["10.1.0.0/16", "fd02::/64", "10.3.0.0/16", "fd04::/64", "10.5.0.0/16", "fd06::/64"];
        foreach (var reader in Enumerable.Range(1, 6))
        {
            lab.Until(() => !gone.Any(route => Sees(lab, reader, route)), $"peer {reader} has lost them");
            Assert.All(Enumerable.Range(1, 6).Where(peer => peer != reader).SelectMany(RoutesOf).Except(gone), route => Assert.True(Sees(lab, reader, route)));
        }

        EachHasHadOneSession();
    }

    /// <summary>Whether a peer has a reflected route, with the identifier of who it is from and our cluster.</summary>
    private static bool Sees(Lab lab, int reader, string route)
    {
        var owner = $"10.99.1.{Enumerable.Range(1, 6).First(peer => RoutesOf(peer).Contains(route))}";
        return reader switch
        {
            1 or 2 => lab.Bird(reader, $"show route for {route} all") is var text && text.Contains($"BGP.originator_id: {owner}") && text.Contains("BGP.cluster_list: 10.99.0.1"),
            3 or 4 => lab.GobgpRoute(reader, route) is var text && text.Contains($"Originator: {owner}") && text.Contains("10.99.0.1"),
            _ => lab.FrrRoute(reader, route) is var text && text.Contains($"Originator: {owner}") && text.Contains("Cluster list: 10.99.0.1"),
        };
    }
}
