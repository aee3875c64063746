namespace Podwire.BgpDaemon.Tests;

/// <summary>podwire-bgp beside gobgpd.</summary>
public class GobgpTests
{
    private const string AddPaths = """
        [neighbors.afi-safis.add-paths.config]
          receive = true
          send-max = 8
        """;

    private const string GracefulRestart = """
        [neighbors.graceful-restart.config]
            enabled = true
            restart-time = 4
            deferral-time = 5
        """;

    private const string FamilyRestart = """
        [neighbors.afi-safis.mp-graceful-restart.config]
          enabled = true
        """;

    [Fact]
    public void Sessions_PasswordsHopLimitsAsNumbersPaths_AreAsAgreed()
    {
        using var lab = new Lab(7);
        const string Rest = """
            "connectRetry": 1, "addPath": "none", "networks": ["10.50.0.0/16"], "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "password": "right"}, {"address": "10.99.1.2", "asn": 64512, "password": "right"},
              {"address": "10.99.1.3", "asn": 64513, "ttlSecurity": true}, {"address": "10.99.1.4", "asn": 64513, "ttlSecurity": true},
              {"address": "10.99.1.5", "asn": 4200000001},
              {"address": "10.99.1.6", "asn": 64512, "routeReflectorClient": true, "addPath": "receive"}, {"address": "10.99.1.7", "asn": 64512, "routeReflectorClient": true, "addPath": "send"}]
            """;
        lab.WriteConfig(Rest);
        var daemon = lab.StartDaemon();
        lab.StartGobgp(1, neighbor: "auth-password = \"right\"");
        lab.StartGobgp(2, neighbor: "auth-password = \"wrong\"");
        const string Gtsm = "[neighbors.ttl-security.config]\n    enabled = true\n    ttl-min = 255";
        lab.StartGobgp(3, asn: "64513", tables: Gtsm);
        lab.StartGobgp(4, asn: "64513");
        lab.StartGobgp(5, asn: "4200000001");
        lab.StartGobgp(6, family: AddPaths);
        lab.StartGobgp(7, family: AddPaths);
        lab.GobgpAdd(5, "10.5.0.0/16");
        lab.Gobgp(6, "global rib add -a ipv4 10.6.0.0/16 identifier 10 nexthop 10.99.1.6");
        lab.Gobgp(6, "global rib add -a ipv4 10.6.0.0/16 identifier 20 nexthop 10.99.1.66");

        // Each way: gobgpd tells two paths and is told two.
        lab.Until(() => lab.Paths("10.6.0.0/16").Length == 2, "both paths are taken");
        lab.Until(() => lab.GobgpRoute(7, "10.6.0.0/16") is var told && told.Contains("10.99.1.6 ") && told.Contains("10.99.1.66 "), "both paths are told");
        lab.Gobgp(6, "global rib del -a ipv4 10.6.0.0/16 identifier 10 nexthop 10.99.1.6");
        lab.Until(() => lab.GobgpRoute(7, "10.6.0.0/16") is var told && !told.Contains("10.99.1.6 ") && told.Contains("10.99.1.66 "), "one of them goes");

        // AS numbers of four octets, in both directions.
        lab.Until(() => lab.GobgpRoute(5, "10.50.0.0/16").Contains(" 64512 "), "the path to the other AS");
        lab.Until(() => lab.Paths("10.5.0.0/16").Any(static path => path["asPath"]!.ToJsonString() == "[4200000001]"), "the path from it");

        lab.Until(() => lab.IsUp(1) && lab.IsUp(3), "the right password, and hop limit 255");
        Assert.False(lab.IsUp(2), "the wrong password");
        Assert.False(lab.IsUp(4), "hop limit 1");

        // Words of the other operator, and ours to it (RFC 9003); a neighbour that is taken out (RFC 4486).
        lab.Gobgp(1, "neighbor 10.99.0.1 shutdown --reason=new-cables");
        lab.Until(() => (string?)lab.Neighbor(1)!["lastError"] == "received Cease/Administrative Shutdown \"new-cables\"", "the text of gobgpd's shutdown");
        lab.Gobgp(5, "neighbor 10.99.0.1 reset --reason=fresh-start");
        lab.Until(() => lab.Reason(5).Contains("Cease/Administrative Reset \"fresh-start\""), "the text of gobgpd's reset");
        lab.WriteConfig(Rest.Replace("{\"address\": \"10.99.1.3\", \"asn\": 64513, \"ttlSecurity\": true}, ", string.Empty));
        Lab.Signal(daemon, "HUP");
        lab.Until(() => lab.Log("p3.gobgpd.log").Contains("code 6(cease) subcode 3(peer deconfigured)"), "Peer De-configured");
    }

    [Fact]
    public void GracefulRestart_OfEither_KeepsRoutesForItsTime()
    {
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "connectRetry": 1, "gracefulRestart": 6, "networks": ["10.50.0.0/16"], "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true}, {"address": "10.99.1.2", "asn": 64512, "routeReflectorClient": true}]
            """);
        lab.StartDaemon();
        var gobgp = lab.StartGobgp(1, tables: GracefulRestart, family: FamilyRestart);
        lab.StartGobgp(2, tables: GracefulRestart, family: FamilyRestart);
        lab.GobgpAdd(1, "10.1.0.0/16");
        lab.GobgpAdd(1, "10.11.0.0/16");
        lab.Until(() => lab.GobgpRoute(2, "10.1.0.0/16").Contains("10.99.1.1"), "reflected");
        lab.Until(() => lab.GobgpRoute(2, "10.50.0.0/16").Contains("10.99.0.1"), "our own");

        // Ours is killed and comes back within the time.
        lab.KillDaemon();
        lab.Until(() => !lab.Gobgp(2, "neighbor").Contains("Establ"), "gobgpd sees the end");
        Assert.Contains("10.99.0.1", lab.GobgpRoute(2, "10.50.0.0/16"));
        lab.StartDaemon();
        lab.Until(() => lab.IsUp(1) && lab.IsUp(2) && !(bool)lab.Ask("summary")!["restarting"]!, "back");
        Assert.Contains("10.99.0.1", lab.GobgpRoute(2, "10.50.0.0/16"));
        lab.Until(() => lab.GobgpRoute(2, "10.1.0.0/16").Contains("10.99.1.1"), "told again");

        // gobgpd's is, and has one of its routes no longer.
        gobgp.Kill();
        lab.Until(() => !lab.IsUp(1), "the session is lost");
        Assert.True((bool)lab.Neighbor(1)!["stale"]!);
        Assert.Contains("10.99.1.1", lab.GobgpRoute(2, "10.11.0.0/16"));
        gobgp = lab.StartGobgp(1, tables: GracefulRestart, family: FamilyRestart, flags: "-r");
        lab.GobgpAdd(1, "10.1.0.0/16");
        lab.Until(() => lab.IsUp(1) && !(bool)lab.Neighbor(1)!["stale"]!, "back, and its End-of-RIB has come");
        lab.Until(() => lab.GobgpRoute(2, "10.11.0.0/16").Contains("not in table") && lab.GobgpRoute(2, "10.1.0.0/16").Contains("10.99.1.1"), "what it no longer has is gone");

        // Both stay away.
        gobgp.Kill();
        lab.Until(() => lab.GobgpRoute(2, "10.1.0.0/16").Contains("not in table"), "gone with gobgpd's timer");
        lab.KillDaemon();
        lab.Until(() => lab.GobgpRoute(2, "10.50.0.0/16").Contains("not in table"), "gone with our timer");
    }
}
