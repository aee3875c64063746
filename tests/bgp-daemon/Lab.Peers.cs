using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Podwire.BgpDaemon.Tests;

/// <content>gobgpd and FRR's bgpd as peers, each started by its path with a folder of its own; bgpd without zebra.</content>
internal sealed partial class Lab
{
    /// <summary>A gobgpd in a peer's namespace: its session, routes by <see cref="GobgpAdd"/>.</summary>
    /// <param name="peer">Which.</param>
    /// <param name="hub">The reflector's address, of either family.</param>
    /// <param name="asn">Its AS.</param>
    /// <param name="neighbor">More for [neighbors.config].</param>
    /// <param name="tables">More tables of the neighbour.</param>
    /// <param name="family">More for each family's table.</param>
    /// <param name="flags">More for the command line.</param>
    public Process StartGobgp(int peer, string hub = "10.99.0.1", string asn = "64512", string neighbor = "", string tables = "", string family = "", params string[] flags)
    {
        var file = Path.Combine(Folder, $"gobgp{peer}.toml");
        File.WriteAllText(file, $"""
            [global.config]
              as = {asn}
              router-id = "10.99.1.{peer}"
            [[neighbors]]
              [neighbors.config]
                neighbor-address = "{hub}"
                peer-as = 64512
                {neighbor}
              [neighbors.transport.config]
                passive-mode = true
              [neighbors.timers.config]
                hold-time = 30
                idle-hold-time-after-reset = 1
              {tables}
              [[neighbors.afi-safis]]
                [neighbors.afi-safis.config]
                  afi-safi-name = "ipv4-unicast"
                {family}
              [[neighbors.afi-safis]]
                [neighbors.afi-safis.config]
                  afi-safi-name = "ipv6-unicast"
                {family}
            """);
        File.Delete(GobgpSocket(peer));
        var process = Start($"p{peer}", "/usr/bin/gobgpd", ["-f", file, "-t", "toml", "--api-hosts", $"unix://{GobgpSocket(peer)}", "--pprof-disable", "-p", .. flags]);
        Until(() => File.Exists(GobgpSocket(peer)) && Gobgp(peer, "global").Contains($"10.99.1.{peer}"), "gobgpd answers");
        return process;
    }

    /// <summary>What the gobgp command answers.</summary>
    public string Gobgp(int peer, string command) => Try("/usr/bin/gobgp", ["--target", $"unix://{GobgpSocket(peer)}", .. command.Split(' ')]);

    /// <summary>Announces a route of a gobgpd's own.</summary>
    public void GobgpAdd(int peer, string prefix) =>
        Gobgp(peer, prefix.Contains(':') ? $"global rib add -a ipv6 {prefix} nexthop fd99::1:{peer}" : $"global rib add -a ipv4 {prefix} nexthop 10.99.1.{peer}");

    /// <summary>A gobgpd's table of the family of a prefix, the lines about it.</summary>
    public string GobgpRoute(int peer, string prefix) => Gobgp(peer, $"global rib -a {(prefix.Contains(':') ? "ipv6" : "ipv4")} {prefix}");

    /// <summary>FRR's bgpd in a peer's namespace. It has a route-map «own», which puts its addresses as next hops: without zebra it does not know them.</summary>
    /// <param name="peer">Which.</param>
    /// <param name="hub">The reflector's address, of either family.</param>
    /// <param name="asn">Its AS.</param>
    /// <param name="top">More under «router bgp»; H stands for the reflector's address.</param>
    /// <param name="family">More under each address family; H stands for the reflector's address.</param>
    /// <param name="routes">Prefixes of its own.</param>
    public Process StartFrr(int peer, string hub = "10.99.0.1", string asn = "64512", string top = "", string family = "", params string[] routes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, $"frr{peer}")).FullName;
        var file = Path.Combine(folder, "bgpd.conf");
        static string Lines(string text, string hub) => string.Concat(text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => $"  {string.Join(' ', line.Split(' ').Select(word => word == "H" ? hub : word))}\n"));
        string Networks(bool v6) => string.Concat(routes.Where(route => route.Contains(':') == v6).Select(static route => $"  network {route}\n"));
        File.WriteAllText(file, $"""
            hostname frr{peer}
            router bgp {asn}
             bgp router-id 10.99.1.{peer}
             bgp log-neighbor-changes
             no bgp ebgp-requires-policy
             no bgp network import-check
             no bgp default ipv4-unicast
             neighbor {hub} remote-as 64512
             neighbor {hub} timers 10 30
             neighbor {hub} timers connect 1
             neighbor {hub} advertisement-interval 0
            {Lines(top, hub)} address-family ipv4 unicast
              neighbor {hub} activate
            {Networks(false)}{Lines(family, hub)} exit-address-family
             address-family ipv6 unicast
              neighbor {hub} activate
            {Networks(true)}{Lines(family, hub)} exit-address-family
            exit
            route-map own permit 10
             set ip next-hop 10.99.1.{peer}
             set ipv6 next-hop global fd99::1:{peer}
            exit
            """);
        File.Delete(Path.Combine(folder, "bgpd.vty"));
        var process = Start($"p{peer}", "/usr/lib/frr/bgpd", ["-f", file, "-Z", "-n", "-S", "-P", "0", "-i", Path.Combine(folder, "bgpd.pid"), "--vty_socket", folder, "--log", $"file:{Folder}/frr{peer}.log", "--log-level", "debug"]);
        Until(() => File.Exists(Path.Combine(folder, "bgpd.vty")) && Frr(peer, "show version").Contains("FRRouting"), "bgpd answers");
        return process;
    }

    /// <summary>What vtysh answers.</summary>
    public string Frr(int peer, params string[] commands) =>
        Try("/usr/bin/vtysh", ["--vty_socket", Path.Combine(Folder, $"frr{peer}"), "-d", "bgpd", .. commands.SelectMany(static command => (string[])["-c", command])]);

    /// <summary>A bgpd's paths of a prefix in words.</summary>
    public string FrrRoute(int peer, string prefix) => Frr(peer, $"show bgp {(prefix.Contains(':') ? "ipv6" : "ipv4")} unicast {prefix}");

    /// <summary>What a bgpd knows of the reflector.</summary>
    public JsonNode? FrrNeighbor(int peer, string hub = "10.99.0.1") => JsonNode.Parse(Frr(peer, $"show bgp neighbors {hub} json"))?[hub];

    /// <summary>The reflector's neighbour of any address.</summary>
    public JsonNode? NeighborAt(string address) => Ask("neighbors")?["neighbors"]!.AsArray().FirstOrDefault(entry => (string?)entry!["address"] == address);

    /// <summary>The reflector's paths of a prefix; none if there are none.</summary>
    public JsonNode[] Paths(string prefix) => Ask($"routes {prefix}")?["routes"]!.AsArray() is [{ } route] ? [.. route["paths"]!.AsArray().Select(static path => path!)] : [];

    /// <summary>What podwire bgp prints.</summary>
    public string Table(string question)
    {
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(0, Command.BgpCommand.Run([.. question.Split(' '), "--socket", StateSocket], output, TextWriter.Null));
        return output.ToString();
    }

    /// <summary>All that the daemon has written, each run of it.</summary>
    public string DaemonLog => string.Concat(Directory.GetFiles(Folder, "rr.*.log").Select(File.ReadAllText));

    /// <summary>All log lines of the daemon about a neighbour's end, and its last error: a session may be up again by the time one asks.</summary>
    public string Reason(int peer) => (string?)Neighbor(peer)?["lastError"] + string.Concat(DaemonLog.Split('\n').Where(line => line.Contains($"10.99.1.{peer}")));

    /// <summary>What a program has written to its log.</summary>
    public string Log(string name) => File.ReadAllText(Path.Combine(Folder, name));

    private string GobgpSocket(int peer) => Path.Combine(Folder, $"gobgp{peer}.sock");
}
