using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Sysctl = Podwire.Netlink.Namespaces.Sysctl;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>A router with Debian's bird in a namespace of its own, 10.89.0.HOST and fd00:89::HOST on the nodes' link, and a client at 172.30.HOST.2 and fd00:172:HOST::2 behind it.</summary>
internal sealed class Gateway : IDisposable
{
    private const string Daemon = "/usr/sbin/bird";
    private readonly string netns;
    private readonly string directory = Directory.CreateTempSubdirectory("calico-gw-").FullName;
    private Process? bird;

    public Gateway(string netns, int host, NetNamespace underlay)
    {
        Assert.SkipUnless(File.Exists(Daemon), "lacks: bird (Debian: bird2)");
        this.netns = netns;
        Host = host;
        Namespace = NetNamespace.Create($"/run/netns/{netns}");
        Client = NetNamespace.Create($"/run/netns/{netns}-c");
        using var route = RouteSocket.Open(underlay);
        route.AddLink(new VethSpec($"gw{host}", "eth0") { Up = true, MasterIndex = route.GetLink("underlay")!.Index, PeerNamespace = Namespace });
        using var inside = RouteSocket.Open(Namespace);
        inside.SetLink("lo", new LinkChange { Up = true });
        inside.AddLink(new VethSpec("eth1", "eth0") { Up = true, PeerNamespace = Client });
        Up(inside, "eth0", $"{Address}/24", $"{AddressV6}/64");
        Up(inside, "eth1", $"172.30.{host}.1/24", $"fd00:172:{host}::1/64");
        using var behind = RouteSocket.Open(Client);
        behind.SetLink("lo", new LinkChange { Up = true });
        Up(behind, "eth0", $"172.30.{host}.2/24", $"fd00:172:{host}::2/64");
        behind.AddRoute(new RouteEntry(IpPrefix.Parse("0.0.0.0/0")) { Gateway = IpAddress.Parse($"172.30.{host}.1") });
        behind.AddRoute(new RouteEntry(IpPrefix.Parse("::/0")) { Gateway = IpAddress.Parse($"fd00:172:{host}::1") });
        Namespace.Run(static () =>
        {
            Sysctl.Write("net/ipv4/ip_forward", "1");
            Sysctl.Write("net/ipv4/conf/all/rp_filter", "0");
            Sysctl.Write("net/ipv6/conf/all/forwarding", "1");

            // By ports too: two connections of one client may go two ways.
            Sysctl.Write("net/ipv4/fib_multipath_hash_policy", "1");
        });
    }

    public int Host { get; }

    public string Address => $"10.89.0.{Host}";

    public string AddressV6 => $"fd00:89::{Host}";

    public NetNamespace Namespace { get; }

    public NetNamespace Client { get; }

    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : string.Empty;

    private string LogFile => Path.Combine(directory, "bird.log");

    private string Config => Path.Combine(directory, "bird.conf");

    /// <summary>A session with a node, «nodeN»; what the gateway tells is what its protocol «told» says.</summary>
    public static string Peer(int node, uint asn, uint theirs = 64512, string rest = "", string export = "where proto = \"told\"") =>
        $"protocol bgp node{node} {{ local as {asn}; neighbor 10.89.0.1{node} as {theirs}; multihop; connect delay time 1; connect retry time 1; error wait time 1, 2; graceful restart on; {rest} ipv4 {{ import all; export {export}; }}; }}\n";

    /// <summary>The session over IPv6, for IPv6 routes.</summary>
    public static string PeerV6(int node, uint asn) =>
        $"protocol bgp node{node}v6 {{ local as {asn}; neighbor fd00:89::1{node} as 64512; multihop; connect delay time 1; connect retry time 1; error wait time 1, 2; ipv6 {{ import all; export where proto = \"toldv6\"; }}; }}\n";

    /// <summary>The client's network, told over IPv6.</summary>
    public string ToldV6() => $"protocol static toldv6 {{ ipv6; route fd00:172:{Host}::/64 via \"eth1\"; }}\n";

    /// <summary>Routes that the gateway tells.</summary>
    public string Told(params string[] more) => $"protocol static told {{ ipv4; route 172.30.{Host}.0/24 via \"eth1\"; {string.Concat(more.Select(static prefix => $"route {prefix} blackhole; "))} }}\n";

    /// <summary>Starts bird, or has it read another configuration.</summary>
    public void Run(params string[] parts)
    {
        File.WriteAllText(Config, $$"""
            router id {{Address}};
            log "{{LogFile}}" all;
            debug protocols { states, events };
            protocol device { }
            protocol direct { ipv4; ipv6; interface "eth0"; }
            protocol kernel { merge paths on; ipv4 { import none; export where source = RTS_BGP; }; }
            protocol kernel { merge paths on; ipv6 { import none; export where source = RTS_BGP; }; }
            {{string.Concat(parts)}}
            """);
        if (bird is null)
        {
            CalicoNetwork.Run(Daemon, ["-p", "-c", Config]);
            bird = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", netns, Daemon, "-f", "-c", Config, "-s", Socket, "-P", Path.Combine(directory, "bird.pid")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            return;
        }

        var answer = Ask("configure");
        Assert.True(answer.Contains("Reconfigur", StringComparison.Ordinal), answer);
    }

    /// <summary>What birdc answers.</summary>
    public string Ask(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/sbin/birdc", ["-s", Socket, .. command.Split(' ')]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    /// <summary>The next hops of a prefix as the gateway has heard them, in order; empty if it has not.</summary>
    public string[] Hops(string prefix) =>
        [.. Ask($"show route {prefix} all").Split('\n').Where(static line => line.Contains("BGP.next_hop:", StringComparison.Ordinal)).Select(static line => line.Split(' ')[^1].Trim()).Order(StringComparer.Ordinal)];

    /// <summary>Waits until just these next hops are told for a prefix.</summary>
    public Task HopsAsync(string prefix, params string[] hops) => CalicoNetwork.UntilAsync(
        $"the gateway hears of {prefix} from {string.Join(", ", hops)}", () => Hops(prefix).SequenceEqual(hops.Order(StringComparer.Ordinal)) ? null : $"{Ask("show protocols")}{Ask("show route all")}");

    /// <summary>Waits until what the gateway knows of a prefix contains a text.</summary>
    public Task SaysAsync(string prefix, string text) => CalicoNetwork.UntilAsync($"{prefix} has {text}", () => Ask($"show route {prefix} all").Contains(text, StringComparison.Ordinal) ? null : Ask("show route all"));

    /// <summary>Waits for the sessions with these nodes.</summary>
    public Task EstablishedAsync(params int[] nodes) => EstablishedAsync([.. nodes.Select(static node => $"node{node}")]);

    /// <summary>Waits for these sessions.</summary>
    public Task EstablishedAsync(params string[] names) => CalicoNetwork.UntilAsync(
        "sessions", () => names.All(name => Ask($"show protocols {name}").Contains("Established", StringComparison.Ordinal)) ? null : $"{Ask("show protocols")}\n{Log}");

    public string Ip(string arguments) => CalicoNetwork.Run("ip", ["-n", netns, .. arguments.Split(' ')]);

    public void Dispose()
    {
        if (bird is not null)
        {
            bird.Kill();
            bird.WaitForExit();
            bird.Dispose();
        }

        foreach (var space in (NetNamespace[])[Client, Namespace])
        {
            space.Dispose();
            NetNamespace.Delete(space.Path);
        }

        Directory.Delete(directory, recursive: true);
    }

    private string Socket => Path.Combine(directory, "bird.ctl");

    private static void Up(RouteSocket route, string name, string address, string addressV6)
    {
        var index = route.GetLink(name)!.Index;
        route.AddAddress(new AddressEntry(index, IpPrefix.Parse(address)));
        route.AddAddress(new AddressEntry(index, IpPrefix.Parse(addressV6)) { Flags = AddressFlags.NoDad });
        route.SetLink(index, new LinkChange { Up = true });
    }
}
