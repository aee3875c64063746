namespace Podwire.BgpDaemon.Tests;

/// <summary>podwire-bgp beside FRR's bgpd.</summary>
public class FrrTests
{
    [Fact]
    public void Sessions_PasswordsHopLimitsAsNumbersPaths_AreAsAgreed()
    {
        using var lab = new Lab(8);
        const string Rest = """
            "connectRetry": 1, "networks": ["10.50.0.0/16"], "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "password": "right"}, {"address": "10.99.1.2", "asn": 64512, "password": "right"},
              {"address": "10.99.1.3", "asn": 64513, "ttlSecurity": true}, {"address": "10.99.1.4", "asn": 64513, "ttlSecurity": true},
              {"address": "10.99.1.5", "asn": 4200000001, "maxPrefixes": 2},
              {"address": "10.99.1.6", "asn": 64516, "addPath": "both"}, {"address": "10.99.1.7", "asn": 64517, "addPath": "both"},
              {"address": "10.99.1.8", "asn": 64518, "families": ["ipv4"]}]
            """;
        lab.WriteConfig(Rest);
        var daemon = lab.StartDaemon();
        lab.StartFrr(1, top: "neighbor H password right");
        lab.StartFrr(2, top: "neighbor H password wrong");
        lab.StartFrr(3, asn: "64513", top: "neighbor H ttl-security hops 1");
        lab.StartFrr(4, asn: "64513");
        lab.StartFrr(5, asn: "4200000001", family: "neighbor H route-map own out", routes: "10.5.0.0/16");
        // The sixth has a path of its own and one of the eighth, and tells both.
        lab.StartFrr(6, asn: "64516", top: "neighbor 10.99.1.8 remote-as 64518; neighbor 10.99.1.8 timers connect 1", family: "neighbor H addpath-tx-all-paths; neighbor 10.99.1.8 activate; neighbor H route-map own out; neighbor 10.99.1.8 route-map own out", routes: "10.6.0.0/16");
        lab.StartFrr(7, asn: "64517");
        // The eighth knows no capabilities: two-octet AS numbers, IPv4 alone.
        lab.StartFrr(8, asn: "64518", top: "neighbor H dont-capability-negotiate; neighbor 10.99.1.6 remote-as 64516; neighbor 10.99.1.6 timers connect 1", family: "neighbor 10.99.1.6 activate; neighbor H route-map own out; neighbor 10.99.1.6 route-map own out", routes: "10.6.0.0/16");

        lab.Until(() => lab.Paths("10.6.0.0/16").Count(static path => (string?)path["from"] == "10.99.1.6") == 2, "both paths of bgpd are taken");
        lab.Until(() => lab.FrrRoute(7, "10.6.0.0/16").Contains("(3 available"), "all three are told");

        lab.Until(() => lab.FrrRoute(5, "10.50.0.0/16").Contains("\n  64512\n"), "the path to the other AS");
        lab.Until(() => lab.Paths("10.5.0.0/16").Any(static path => path["asPath"]!.ToJsonString() == "[4200000001]"), "the path from it");
        lab.Until(() => lab.FrrRoute(8, "10.5.0.0/16").Contains("\n  64512 4200000001\n") || lab.FrrRoute(8, "10.5.0.0/16").Contains("\n  64512 23456\n"), "a speaker of two octets is told AS_TRANS, and puts AS4_PATH together if it can");
        Assert.Equal((false, false, false), ((bool)lab.Neighbor(8)!["agreed"]!["fourOctetAs"]!, (bool)lab.Neighbor(8)!["agreed"]!["ipv6"]!, (bool)lab.Neighbor(8)!["agreed"]!["routeRefresh"]!));
        Assert.True((bool)lab.Neighbor(7)!["agreed"]!["extendedMessages"]!);

        lab.Until(() => lab.IsUp(1) && lab.IsUp(3), "the right password, and hop limit 255");
        Assert.False(lab.IsUp(2), "the wrong password");
        Assert.False(lab.IsUp(4), "hop limit 1");

        // Ceases and their texts, each way (RFC 4486, RFC 9003).
        lab.Frr(1, "configure terminal", "router bgp 64512", "neighbor 10.99.0.1 shutdown message new cables, sorry");
        lab.Until(() => (string?)lab.Neighbor(1)!["lastError"] == "received Cease/Administrative Shutdown \"new cables, sorry\"", "the text of bgpd's shutdown");
        lab.Frr(7, "clear bgp ipv4 unicast 10.99.0.1");
        lab.Until(() => lab.Reason(7).Contains("received Cease/Administrative Reset"), "bgpd's reset");
        lab.Frr(5, "configure terminal", "router bgp 4200000001", "address-family ipv4 unicast", "network 10.15.0.0/16", "network 10.25.0.0/16");
        lab.Until(() => lab.Log("frr5.log").Contains("received from neighbor 10.99.0.1 6/1 "), "Maximum Number of Prefixes Reached");
        lab.Until(() => lab.IsUp(7), "up again");
        lab.WriteConfig(Rest.Replace("{\"address\": \"10.99.1.3\", \"asn\": 64513, \"ttlSecurity\": true}, ", string.Empty).Replace("\"asn\": 64517,", "\"asn\": 64517, \"holdTime\": 33,"));
        Lab.Signal(daemon, "HUP");
        lab.Until(() => lab.Log("frr3.log").Contains("received from neighbor 10.99.0.1 6/3 "), "Peer De-configured");
        lab.Until(() => lab.Log("frr7.log").Contains("received from neighbor 10.99.0.1 6/6 "), "Other Configuration Change");
    }

    [Fact]
    public void GracefulRestart_OfEither_KeepsRoutesForItsTime()
    {
        const string Restarts = "bgp graceful-restart; bgp graceful-restart preserve-fw-state; bgp graceful-restart restart-time 4";
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "connectRetry": 1, "gracefulRestart": 6, "networks": ["10.50.0.0/16"], "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true}, {"address": "10.99.1.2", "asn": 64512, "routeReflectorClient": true}]
            """);
        lab.StartDaemon();
        var frr = lab.StartFrr(1, top: Restarts, family: "neighbor H route-map own out", routes: ["10.1.0.0/16", "10.11.0.0/16"]);
        lab.StartFrr(2, top: Restarts);
        lab.Until(() => lab.FrrRoute(2, "10.1.0.0/16").Contains("10.99.1.1"), "reflected");
        lab.Until(() => lab.FrrRoute(2, "10.50.0.0/16").Contains("10.99.0.1"), "our own");

        lab.KillDaemon();
        lab.Until(() => (string?)lab.FrrNeighbor(2)!["bgpState"] != "Established", "bgpd sees the end");
        Assert.Contains("10.99.0.1", lab.FrrRoute(2, "10.50.0.0/16"));
        lab.StartDaemon();
        lab.Until(() => lab.IsUp(1) && lab.IsUp(2) && !(bool)lab.Ask("summary")!["restarting"]!, "back");
        Assert.Contains("10.99.0.1", lab.FrrRoute(2, "10.50.0.0/16"));
        lab.Until(() => lab.FrrRoute(2, "10.1.0.0/16") is var told && told.Contains("10.99.1.1") && !told.Contains("Stale"), "told again");

        frr.Kill();
        lab.Until(() => !lab.IsUp(1), "the session is lost");
        Assert.True((bool)lab.Neighbor(1)!["stale"]!);
        Assert.Contains("10.99.1.1", lab.FrrRoute(2, "10.11.0.0/16"));
        frr = lab.StartFrr(1, top: Restarts, family: "neighbor H route-map own out", routes: ["10.1.0.0/16"]);
        lab.Until(() => lab.IsUp(1) && !(bool)lab.Neighbor(1)!["stale"]!, "back, and its End-of-RIB has come");
        lab.Until(() => lab.FrrRoute(2, "10.11.0.0/16").Contains("not in table") && lab.FrrRoute(2, "10.1.0.0/16").Contains("10.99.1.1"), "what it no longer has is gone");

        frr.Kill();
        lab.Until(() => lab.FrrRoute(2, "10.1.0.0/16").Contains("not in table"), "gone with bgpd's timer");
        lab.KillDaemon();
        lab.Until(() => lab.FrrRoute(2, "10.50.0.0/16").Contains("not in table"), "gone with our timer");
    }

    [Fact]
    public void Reflectors_OfOurs_DropRoutesThatCameRound()
    {
        // bgpd reflects a client's routes to the client itself, with its identifier as originator, and here through two reflectors of one cluster.
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "connectRetry": 1, "networks": ["10.50.0.0/16"], "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true}, {"address": "10.99.1.2", "asn": 64512, "routeReflectorClient": true}]
            """);
        lab.StartDaemon();
        lab.StartFrr(1, top: "bgp cluster-id 10.99.0.1; neighbor 10.99.1.2 remote-as 64512; neighbor 10.99.1.2 timers connect 1", family: "neighbor H route-reflector-client; neighbor 10.99.1.2 activate; neighbor 10.99.1.2 route-reflector-client");
        lab.StartBird(2, Lab.BirdPeer() + Lab.BirdPeer().Replace("bgp hub", "bgp second").Replace("10.99.0.1", "10.99.1.1") + Lab.BirdRoutes("10.2.0.0/16"));
        lab.Until(() => lab.FrrRoute(1, "10.50.0.0/16").Contains("10.99.0.1") && lab.FrrRoute(1, "10.2.0.0/16").Contains("10.99.1.2"), "the other reflector has both");
        lab.Until(() => lab.Bird(2, "show route for 10.50.0.0/16 all") is var told && told.Contains("[hub ") && told.Contains("[second "), "the client has ours from both reflectors");
        lab.Until(() => (int)lab.Neighbor(1)!["updatesIn"]! >= 3, "bgpd has told what it reflects");
        Assert.Equal("local", (string?)lab.Paths("10.50.0.0/16").Single()["from"]);
        Assert.Equal("10.99.1.2", (string?)lab.Paths("10.2.0.0/16").Single()["from"]);
        Assert.True(lab.IsUp(1) && lab.IsUp(2));
    }
}
