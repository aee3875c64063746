namespace Podwire.BgpDaemon.Tests;

/// <summary>podwire-bgp between birds in namespaces of their own, over real sockets.</summary>
public class BirdTests
{
    private const string TwoClients = """
        "listen": [{"address": "10.99.0.1"}], "connectRetry": 1,
        "neighbors": [
          {"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true, "passive": true},
          {"address": "10.99.1.2", "asn": 64512, "routeReflectorClient": true}]
        """;

    [Fact]
    public void Reflector_RoutesOfOneBirdBothFamilies_ReachTheOther()
    {
        using var lab = new Lab(2);
        lab.WriteConfig(TwoClients);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer() + Lab.BirdRoutes("10.1.0.0/16", "fd01::/64"));
        lab.StartBird(2, Lab.BirdPeer());
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16 all").Contains("BGP.originator_id: 10.99.1.1"), "the IPv4 route is reflected");
        lab.Until(() => lab.Bird(2, "show route for fd01::/64 all").Contains("BGP.cluster_list: 10.99.0.1"), "the IPv6 route is reflected");
        Assert.Contains("BGP.next_hop: 10.99.1.1", lab.Bird(2, "show route for 10.1.0.0/16 all"));
        Assert.Equal("best", (string?)lab.Ask("explain 10.1.2.3")!["paths"]![0]!["reason"]);
        Assert.Equal("10.99.1.2", (string?)lab.Ask("explain 10.1.2.3")!["toldTo"]![0]);

        lab.BirdDo(1, "disable s4");
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16").Contains("Network not found"), "the withdrawal is reflected");
        Assert.Contains("fd01::/64", lab.Bird(2, "show route for fd01::/64"));
    }

    [Fact]
    public void Reflector_ConfigurationOfTheIssue_ServesNamedAndRangedNeighbours()
    {
        using var lab = new Lab(2);
        File.WriteAllText(lab.Config, $$"""
            {"asn":64512,"routerId":"10.99.0.1","clusterId":"10.99.0.1","listen":[{"address":"10.99.0.1","port":179}],"kernel":false,"neighbors":[{"address":"10.99.1.1","asn":64512,"routeReflectorClient":true,"passive":true,"password":null}],"dynamicNeighbors":[{"prefix":"10.99.0.0/16","asn":64512,"routeReflectorClient":true}],
             "stateSocket":"{{lab.StateSocket}}"}
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer() + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(2, Lab.BirdPeer());
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16").Contains("10.1.0.0/16"), "the range's neighbour is told");
        Assert.False((bool)lab.Neighbor(1)!["dynamic"]!);
        Assert.True((bool)lab.Neighbor(2)!["dynamic"]!);
    }

    [Fact]
    public void Gateway_OfAnotherAsOfFourOctets_IsToldThePathThroughUs()
    {
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true},
              {"address": "10.99.1.2", "asn": 4200000001}]
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer() + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(2, Lab.BirdPeer(asn: "4200000001") + Lab.BirdRoutes("10.2.0.0/16"));
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16 all").Contains("BGP.as_path: 64512\n"), "the gateway learns the cluster's route");
        lab.Until(() => lab.Bird(1, "show route for 10.2.0.0/16 all").Contains("BGP.as_path: 4200000001\n"), "the cluster learns the gateway's route");
        Assert.Contains("BGP.next_hop: 10.99.0.1", lab.Bird(2, "show route for 10.1.0.0/16 all"));
    }

    [Fact]
    public void Neighbour_OfTwoOctetAs_LearnsTheTrueNumbersByAs4Path()
    {
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "neighbors": [{"address": "10.99.1.1", "asn": 4200000001}, {"address": "10.99.1.2", "asn": 64513}]
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer(asn: "4200000001") + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(2, Lab.BirdPeer("enable as4 off;", asn: "64513"));
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16 all").Contains("BGP.as_path: 64512 4200000001\n"), "AS_TRANS and AS4_PATH, which bird puts together");
        Assert.False((bool)lab.Neighbor(2)!["agreed"]!["fourOctetAs"]!);
    }

    [Fact]
    public void RouteRefresh_AskedByBird_TellsAgain()
    {
        using var lab = new Lab(2);
        lab.WriteConfig(TwoClients);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer() + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(2, Lab.BirdPeer(v4: "import none; export all;"));
        lab.Until(() => lab.IsUp(2) && lab.HasRoute("10.1.0.0/16"), "established");
        Assert.DoesNotContain("10.1.0.0/16", lab.Bird(2, "show route"));
        var file = Path.Combine(lab.Folder, "bird2.conf");
        File.WriteAllText(file, File.ReadAllText(file).Replace("import none", "import all"));
        lab.BirdDo(2, "configure");
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16").Contains("10.1.0.0/16"), "told again on a refresh");
        Assert.Equal(1, (int)lab.Neighbor(2)!["established"]!);
    }

    [Fact]
    public void GracefulRestart_DaemonKilledAndBack_BirdKeepsTheRoutes()
    {
        using var lab = new Lab(2);
        lab.WriteConfig(TwoClients);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer("graceful restart on;") + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(2, Lab.BirdPeer("graceful restart on;"));
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16").Contains("10.1.0.0/16"), "reflected");
        lab.KillDaemon();
        lab.Until(() => !lab.Bird(2, "show protocols hub").Contains("Established"), "bird sees the end");
        Assert.Contains("10.1.0.0/16", lab.Bird(2, "show route"));
        lab.StartDaemon();
        lab.Until(() => lab.IsUp(1) && lab.IsUp(2) && lab.Bird(2, "show route for 10.1.0.0/16 all").Contains("BGP.originator_id: 10.99.1.1"), "back");
        Assert.DoesNotContain("Network not found", lab.Bird(2, "show route for 10.1.0.0/16"));
    }

    [Fact]
    public void GracefulRestart_BirdKilledAndBack_ItsRoutesStay()
    {
        using var lab = new Lab(2);
        lab.WriteConfig(TwoClients);
        lab.StartDaemon();
        var text = Lab.BirdPeer("graceful restart on; graceful restart time 60;") + Lab.BirdRoutes("10.1.0.0/16");
        var bird = lab.StartBird(1, text);
        lab.StartBird(2, Lab.BirdPeer());
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16").Contains("10.1.0.0/16"), "reflected");
        bird.Kill();
        lab.Until(() => !lab.IsUp(1), "the session is lost");
        Assert.True((bool)lab.Neighbor(1)!["stale"]!);
        Assert.Contains("10.1.0.0/16", lab.Bird(2, "show route for 10.1.0.0/16"));
        lab.StartBird(1, text);
        lab.Until(() => lab.IsUp(1) && !(bool)lab.Neighbor(1)!["stale"]!, "back, and its End-of-RIB has come");
        Assert.Contains("10.1.0.0/16", lab.Bird(2, "show route for 10.1.0.0/16"));
    }

    [Fact]
    public void GracefulRestart_BirdStaysAway_ItsRoutesGoWithTheTimer()
    {
        using var lab = new Lab(2);
        lab.WriteConfig(TwoClients);
        lab.StartDaemon();
        var bird = lab.StartBird(1, Lab.BirdPeer("graceful restart on; graceful restart time 3;") + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(2, Lab.BirdPeer());
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16").Contains("10.1.0.0/16"), "reflected");
        bird.Kill();
        lab.Until(() => lab.Bird(2, "show route for 10.1.0.0/16").Contains("Network not found"), "gone with the timer");
    }

    [Fact]
    public void Password_OfBothEnds_HasToBeTheSame()
    {
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "connectRetry": 1, "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "password": "right", "passive": true}, {"address": "10.99.1.2", "asn": 64512, "password": "right"}]
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer("password \"right\";"));
        lab.StartBird(2, Lab.BirdPeer("password \"wrong\";"));
        lab.Until(() => lab.IsUp(1), "the right password");
        Assert.False(lab.IsUp(2));
    }

    [Fact]
    public void Password_OfARange_IsTakenFromAnyOfIt()
    {
        using var lab = new Lab(1);
        lab.WriteConfig("""
            "dynamicNeighbors": [{"prefix": "10.99.1.0/24", "asn": 0, "password": "range"}]
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer("password \"range\";", asn: "64999"));
        lab.Until(() => lab.IsUp(1), "a password for a network");
    }

    [Fact]
    public void TtlSecurity_OfBothEnds_Works()
    {
        using var lab = new Lab(1);
        lab.WriteConfig("""
            "neighbors": [{"address": "10.99.1.1", "asn": 64513, "ttlSecurity": true, "passive": true}]
            """);
        lab.StartDaemon();
        var text = Lab.BirdPeer("ttl security on;", asn: "64513").Replace("multihop;", "direct;");
        lab.StartBird(1, text);
        lab.Until(() => lab.IsUp(1), "hop limit 255 both ways");
    }

    [Fact]
    public void TtlSecurity_NeighbourSendsLess_NeverEstablishes()
    {
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "connectRetry": 1, "neighbors": [
              {"address": "10.99.1.1", "asn": 64513, "ttlSecurity": true, "passive": true}, {"address": "10.99.1.2", "asn": 64512}]
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer("ttl security off;", asn: "64513"));
        lab.StartBird(2, Lab.BirdPeer());
        lab.Until(() => lab.IsUp(2), "the neighbour without GTSM");
        Assert.False(lab.IsUp(1));
    }

    [Fact]
    public void AddPath_BothWays_EveryPathIsTold()
    {
        using var lab = new Lab(3);
        lab.WriteConfig("""
            "addPath": "both", "neighbors": [
              {"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true},
              {"address": "10.99.1.2", "asn": 64512, "routeReflectorClient": true},
              {"address": "10.99.1.3", "asn": 64512, "routeReflectorClient": true}]
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer(v4: "import all; export all; add paths on;") + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(2, Lab.BirdPeer(v4: "import all; export all; add paths on;") + Lab.BirdRoutes("10.1.0.0/16"));
        lab.StartBird(3, Lab.BirdPeer(v4: "import all; export all; add paths on;"));
        lab.Until(() => lab.Bird(3, "show route for 10.1.0.0/16 all") is var told && told.Contains("BGP.next_hop: 10.99.1.1") && told.Contains("BGP.next_hop: 10.99.1.2"), "both paths");
        lab.BirdDo(1, "disable s4");
        lab.Until(() => lab.Bird(3, "show route for 10.1.0.0/16 all") is var told && !told.Contains("BGP.next_hop: 10.99.1.1") && told.Contains("BGP.next_hop: 10.99.1.2"), "one of them goes");
    }

    [Fact]
    public void Shutdown_WithText_IsReadByTheNeighbour()
    {
        using var lab = new Lab(1);
        lab.WriteConfig("""
            "neighbors": [{"address": "10.99.1.1", "asn": 64512}]
            """);
        var daemon = lab.StartDaemon("--shutdown-text", "moving to rack 7");
        lab.StartBird(1, Lab.BirdPeer());
        lab.Until(() => lab.IsUp(1), "established");
        Lab.Signal(daemon, "TERM");
        Assert.True(daemon.WaitForExit(30_000));
        Assert.Equal(0, daemon.ExitCode);
        lab.Until(() => File.ReadAllText(Path.Combine(lab.Folder, "bird1.log")).Contains("moving to rack 7"), "bird logs the text");
        Assert.False(File.Exists(lab.StateSocket));
    }

    [Fact]
    public void Shutdown_OfBird_TextStandsInTheTable()
    {
        using var lab = new Lab(1);
        lab.WriteConfig("""
            "neighbors": [{"address": "10.99.1.1", "asn": 64512}]
            """);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer());
        lab.Until(() => lab.IsUp(1), "established");
        lab.BirdDo(1, "disable hub \"new cables\"");
        lab.Until(() => ((string?)lab.Neighbor(1)?["lastError"])?.Contains("new cables") == true, "the neighbour's text");
    }

    [Fact]
    public void Reload_AddsAndRemovesNeighbours_OthersStayUp()
    {
        using var lab = new Lab(2);
        lab.WriteConfig("""
            "neighbors": [{"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true}]
            """);
        var daemon = lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer());
        lab.StartBird(2, Lab.BirdPeer());
        lab.Until(() => lab.IsUp(1), "the first");
        lab.WriteConfig("""
            "neighbors": [{"address": "10.99.1.1", "asn": 64512, "routeReflectorClient": true}, {"address": "10.99.1.2", "asn": 64512}], "networks": ["10.50.0.0/24"]
            """);
        Lab.Signal(daemon, "HUP");
        lab.Until(() => lab.IsUp(2) && lab.Bird(1, "show route for 10.50.0.0/24").Contains("10.50.0.0/24"), "the second, and an own route");
        Assert.Equal(1, (int)lab.Neighbor(1)!["established"]!);

        File.WriteAllText(lab.Config, "{\"asn\": 64512, \"routerId\": \"10.99.0.1\", \"nieghbors\": []}");
        Lab.Signal(daemon, "HUP");
        lab.Until(() => Directory.GetFiles(lab.Folder, "rr.*.log").Any(static log => File.ReadAllText(log).Contains("unknown key nieghbors")), "a configuration that cannot be used is named");
        Assert.True(lab.IsUp(2));
    }

    [Fact]
    public void Kernel_BestRoutes_AreInstalledByTwoHopsAdoptedAndPruned()
    {
        using var lab = new Lab(2);
        lab.WriteConfig("\"kernel\": true, " + TwoClients);
        lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer("graceful restart on;") + Lab.BirdRoutes("10.1.0.0/16", "fd01::/64"));
        lab.StartBird(2, Lab.BirdPeer("graceful restart on;") + Lab.BirdRoutes("10.1.0.0/16", "10.2.0.0/16"));
        string Kernel(string rest = "") => lab.Try("rr", "ip", [.. rest.Split(' ', StringSplitOptions.RemoveEmptyEntries), "route", "show", "proto", "80"]);
        lab.Until(() => Kernel() is var routes && routes.Contains("nexthop via 10.99.1.1") && routes.Contains("nexthop via 10.99.1.2") && routes.Contains("10.2.0.0/16 via 10.99.1.2"), "ECMP in the kernel");
        lab.Until(() => Kernel("-6").Contains("fd01::/64 via fd99::1:1"), "IPv6 in the kernel");
        lab.KillDaemon();
        lab.BirdDo(2, "disable s4");
        Assert.Contains("10.2.0.0/16", Kernel());
        lab.StartDaemon();
        lab.Until(() => Kernel() is var routes && !routes.Contains("10.2.0.0/16") && !routes.Contains("nexthop"), "what nobody announces any more is pruned");
        Assert.Contains("10.1.0.0/16 via 10.99.1.1", Kernel());
        lab.BirdDo(1, "disable s4");
        lab.Until(() => Kernel().Length == 0, "withdrawn");
    }

    [Fact]
    public void Kernel_MetricOfAnImportPolicy_IsTheRoutesOwn_AndFollowsTheConfiguration()
    {
        using var lab = new Lab(1);
        void Configure(string rule) => lab.WriteConfig($$$"""
            "kernel": true,
            "neighbors": [{"address": "10.99.1.1", "asn": 64512, "import": "in"}],
            "policies": {"in": {"rules": [{"action": "accept", "within": ["10.1.0.0/16", "fd01::/16"]{{{rule}}} }]}}
            """);
        string[] Kernel(string family) => [.. lab.Try("rr", "ip", family, "route", "show", "proto", "80").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Trim())];
        string MetricOf(string line) => line.Split(' ') is var words && Array.IndexOf(words, "metric") is >= 0 and var at ? words[at + 1] : string.Empty;
        bool Has(string metric) => Kernel("-4") is [var first, var second] && first.StartsWith("10.1.0.0/16 via 10.99.1.1 ") && MetricOf(first) == metric && MetricOf(second).Length == 0
            && Kernel("-6") is [var v6] && v6.StartsWith("fd01::/64 via fd99::1:1 ") && MetricOf(v6) == (metric.Length == 0 ? "1024" : metric);
        Configure(""", "setMetric": 512""");
        var daemon = lab.StartDaemon();
        lab.StartBird(1, Lab.BirdPeer() + Lab.BirdRoutes("10.1.0.0/16", "10.2.0.0/16", "fd01::/64"));
        lab.Until(() => Has("512"), "the metric");
        Configure(""", "setMetric": 300""");
        Lab.Signal(daemon, "HUP");
        lab.Until(() => Has("300"), "another one, and the first is gone");

        lab.KillDaemon();
        Configure(string.Empty);
        lab.StartDaemon();
        lab.Until(() => Has(string.Empty), "none, in the place of what an earlier run left");
        lab.BirdDo(1, "disable s4");
        lab.BirdDo(1, "disable s6");
        lab.Until(() => Kernel("-4").Length + Kernel("-6").Length == 0, "withdrawn");
    }
}
