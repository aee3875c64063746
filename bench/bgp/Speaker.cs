namespace Podwire.BgpBench;

/// <summary>A daemon that is measured as a reflector: how it is configured, started and asked for its version.</summary>
/// <param name="Name">As rows and flags call it.</param>
/// <param name="Package">The Debian package; empty for ours.</param>
/// <param name="Program">Its executable.</param>
/// <param name="Version">A command line that prints its version in the first line.</param>
/// <param name="Config">The configuration for so many clients, and files in this folder.</param>
/// <param name="Arguments">What it is started with, by the path of its configuration and the folder.</param>
internal sealed record Speaker(string Name, string Package, string Program, string Version, Func<int, string, string> Config, Func<string, string, string[]> Arguments)
{
    /// <summary>bird 2, as Calico's node runs it: next hops resolved by the connected network, clients' routes only.</summary>
    public static Speaker Bird { get; } = new(
        "bird2",
        "bird2",
        "/usr/sbin/bird",
        "/usr/sbin/bird --version 2>&1",
        static (clients, folder) => $$"""
            router id 10.99.0.1;
            log "{{folder}}/bird.log" { warning, error, fatal, bug };
            protocol device { }
            protocol direct { ipv4; }
            template bgp reflected {
              local 10.99.0.1 as 64512; rr client; rr cluster id 10.99.0.1; multihop; passive;
              ipv4 { import all; export where source = RTS_BGP; };
            }
            {{Each(clients, static client => $"protocol bgp c{client} from reflected {{ neighbor {RoutePlan.NameOf(client)} as 64512; }}\n")}}
            """,
        static (config, folder) => ["-f", "-c", config, "-s", $"{folder}/bird.ctl", "-P", $"{folder}/bird.pid"]);

    public static Speaker Gobgp { get; } = new(
        "gobgp",
        "gobgpd",
        "/usr/bin/gobgpd",
        "gobgpd --version",
        static (clients, _) => $$"""
            [global.config]
              as = 64512
              router-id = "10.99.0.1"
              local-address-list = ["10.99.0.1"]
            {{Each(clients, static client => $"""
                [[neighbors]]
                  [neighbors.config]
                    neighbor-address = "{RoutePlan.NameOf(client)}"
                    peer-as = 64512
                  [neighbors.transport.config]
                    passive-mode = true
                  [neighbors.route-reflector.config]
                    route-reflector-client = true
                    route-reflector-cluster-id = "10.99.0.1"
                  [[neighbors.afi-safis]]
                    [neighbors.afi-safis.config]
                      afi-safi-name = "ipv4-unicast"

                """)}}
            """,
        static (config, _) => ["-f", config, "-t", "toml", "--api-hosts", "127.0.0.1:50051", "--pprof-disable", "-l", "warn"]);

    /// <summary>FRR's bgpd alone, without zebra: no routes in the kernel, as with the others.</summary>
    public static Speaker Frr { get; } = new(
        "frr",
        "frr",
        "/usr/lib/frr/bgpd",
        "/usr/lib/frr/bgpd --version",
        static (clients, _) => $$"""
            router bgp 64512
             bgp router-id 10.99.0.1
             bgp cluster-id 10.99.0.1
             neighbor clients peer-group
             neighbor clients remote-as 64512
             neighbor clients passive
            {{Each(clients, static client => $" neighbor {RoutePlan.NameOf(client)} peer-group clients\n")}}
             address-family ipv4 unicast
              neighbor clients route-reflector-client
             exit-address-family

            """,
        static (config, folder) => ["-f", config, "-Z", "-n", "-S", "-l", RoutePlan.Reflector, "-P", "0", "-i", $"{folder}/bgpd.pid", "--vty_socket", folder, "--log", $"file:{folder}/bgpd.log"]);

    /// <summary>podwire-bgp: its executable, or this program under the JIT.</summary>
    public static Speaker Podwire(string? binary) => new(
        "podwire",
        string.Empty,
        binary ?? Environment.ProcessPath!,
        $"echo podwire-bgp {(binary is null ? "JIT" : "NativeAOT")}",
        static (clients, folder) => $$"""
            {"asn": 64512, "routerId": "10.99.0.1", "clusterId": "10.99.0.1", "listen": [{"address": "10.99.0.1", "port": 179}], "kernel": false,
             "stateSocket": "{{folder}}/state.sock", "families": ["ipv4"],
             "neighbors": [{{string.Join(",\n", Enumerable.Range(0, clients).Select(static client => $$"""{"address": "{{RoutePlan.NameOf(client)}}", "asn": 64512, "routeReflectorClient": true, "passive": true}"""))}}]}
            """,
        (config, _) => [.. binary is null ? (string[])[typeof(Speaker).Assembly.Location, "podwire-bgp"] : [], "--config", config]);

    private static string Each(int clients, Func<int, string> text) => string.Concat(Enumerable.Range(0, clients).Select(text));
}
