using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>One node, one gateway with many addresses: a BGPPeer and a bird's session for each field, all at once, as they are on the wire.</summary>
public class PeerFieldTests
{
    private const string Block = "10.244.77.0/26";

    [Fact]
    public async Task Fields_HoldOnTheWire_AndWhatDoesNotMatchStaysDownUntilItDoes()
    {
        await using var network = await CalicoNetwork.StartAsync(1);
        var gateway = network.Gateway(203);
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        await network.Api.Client.CreateAsync(KubeResources.Secrets, Secret("right"), TestApi.Cancel);
        (string Name, BgpPeerSpec Spec, string Bird)[] sessions =
        [
            ("plain", new() { AsNumber = 65001 }, "as 65001; neighbor 10.89.0.11 as 64512; multihop;"),
            ("within", new() { AsNumber = 64512 }, "as 64512; neighbor 10.89.0.11 as 64512; multihop;"),
            ("keep", new() { AsNumber = 65001, KeepOriginalNextHop = true }, "as 65001; neighbor 10.89.0.11 as 64512; multihop;"),
            ("self", new() { AsNumber = 64512, NextHopMode = "Self" }, "as 64512; neighbor 10.89.0.11 as 64512; multihop;"),
            ("localas", new() { AsNumber = 65001, LocalASNumber = 64999 }, "as 65001; neighbor 10.89.0.11 as 64999; multihop;"),
            ("hops", new() { AsNumber = 65001, TtlSecurity = 1 }, "as 65001; neighbor 10.89.0.11 as 64512; direct; ttl security on;"),
            ("nohops", new() { AsNumber = 65001, TtlSecurity = 1 }, "as 65001; neighbor 10.89.0.11 as 64512; multihop 3;"),
            ("secret", new() { AsNumber = 65001, Password = Password() }, "as 65001; neighbor 10.89.0.11 as 64512; multihop; password \"right\";"),
            ("wrong", new() { AsNumber = 65001, Password = Password() }, "as 65001; neighbor 10.89.0.11 as 64512; multihop; password \"wrong\";"),
            ("none", new() { AsNumber = 65001, Password = Password() }, "as 65001; neighbor 10.89.0.11 as 64512; multihop;"),
            ("restart", new() { AsNumber = 65001, MaxRestartTime = "5m" }, "as 65001; neighbor 10.89.0.11 as 64512; multihop;"),
            ("source", new() { AsNumber = 65001, SourceAddress = "None" }, "as 65001; neighbor 10.88.0.11 as 64512; multihop;"),
            ("nodeip", new() { AsNumber = 65001 }, "as 65001; neighbor 10.89.0.11 as 64512; multihop;"),
            ("port", new() { AsNumber = 65001 }, "port 1790 as 65001; neighbor 10.89.0.11 as 64512; multihop;"),
        ];

        // The last but two are in a network that the node has a second address in.
        network[1].Ip("addr add 10.88.0.11/24 dev eth0");
        for (var i = 0; i < sessions.Length; i++)
        {
            var (name, spec, _) = sessions[i];
            gateway.Ip($"addr add {At(sessions, name)}/24 dev eth0");
            spec.PeerIP = name == "port" ? $"{At(sessions, name)}:1790" : At(sessions, name);
            await network.Api.Client.CreateAsync(CalicoResources.BgpPeers, new BgpPeer { Metadata = { Name = name }, Spec = spec }, TestApi.Cancel);
        }

        // «nodeip» has its session from the node's own address, although the peer is on another link's network.
        gateway.Ip("route add 10.89.0.11/32 dev eth0 src 10.89.0.203");
        var birds = sessions.ToDictionary(static session => session.Name, session => Bird(session.Name, At(sessions, session.Name), session.Bird));
        Run();
        network[1].Start();
        await network[1].ReadyAsync();
        string[] down = ["nohops", "wrong", "none"];
        await EstablishedAsync([.. sessions.Select(static session => session.Name).Except(down)]);

        // An address that the node has borrowed would be a /32; a block is told as it is. It is the node's own, so its next hop is the node.
        Assert.Equal(0, network[1].Call("ADD", (await network[1].PodAsync("pod")), plugin: "calico-ipam").Code);
        await ToldAsync("plain", "BGP.as_path: 64512\n");
        await ToldAsync("localas", "BGP.as_path: 64999\n");
        await ToldAsync("within", "BGP.local_pref: 100\n");
        Assert.Contains("Restart time: 300", gateway.Ask("show protocols all p_restart"), StringComparison.Ordinal);
        Assert.Contains("Restart time: 120", gateway.Ask("show protocols all p_plain"), StringComparison.Ordinal);

        // A route of the pool that «plain» tells is told on: unchanged where it is to be kept and within the AS, else as the node's.
        birds["plain"] = Bird("plain", At(sessions, "plain"), sessions[0].Bird, $"route {Block} blackhole;");
        Run();
        var plain = At(sessions, "plain");
        foreach (var (name, hop) in ((string, string)[])[("keep", plain), ("within", plain), ("self", "10.89.0.11"), ("localas", "10.89.0.11")])
        {
            await CalicoNetwork.UntilAsync($"{name} is told {hop}", () => Told(name, Block).Contains($"BGP.next_hop: {hop}", StringComparison.Ordinal) ? null : gateway.Ask("show route table all all"));
        }

        // Our own AS in a path: a loop, unless it may be there once.
        birds["restart"] = Bird("restart", At(sessions, "restart"), sessions.Single(static session => session.Name == "restart").Bird, "route 198.18.20.0/24 blackhole { bgp_path.prepend(64512); }; route 198.18.21.0/24 blackhole;");
        Run();
        await CalicoNetwork.UntilAsync("the other route is there", () => network[1].Ip("route show 198.18.21.0/24").Length > 0 ? null : network[1].Ip("route"));
        Assert.Empty(network[1].Ip("route show 198.18.20.0/24"));
        await network.ChangeAsync(CalicoResources.BgpPeers, "restart", static peer => peer.Spec.NumAllowedLocalASNumbers = 1);
        await CalicoNetwork.UntilAsync("it may be there once", () => network[1].Ip("route show 198.18.20.0/24").Length > 0 ? null : network[1].Ask("neighbors"));

        // What stayed down comes up once it agrees: by the other end's settings, and by another password in the Secret.
        foreach (var name in down)
        {
            Assert.DoesNotContain("Established", gateway.Ask($"show protocols p_{name}"), StringComparison.Ordinal);
        }

        birds["nohops"] = Bird("nohops", At(sessions, "nohops"), sessions.Single(static session => session.Name == "hops").Bird);
        Run();
        await network.ChangeAsync(KubeResources.Secrets, "bgp", static secret => secret.Data = Secret("wrong").Data, "kube-system");
        await EstablishedAsync("nohops", "wrong");
        await CalicoNetwork.UntilAsync("the old password is none any more", () => gateway.Ask("show protocols p_secret").Contains("Established", StringComparison.Ordinal) ? "established" : null);
        Assert.DoesNotContain("Established", gateway.Ask("show protocols p_none"), StringComparison.Ordinal);

        void Run() => gateway.Run([.. birds.Values]);

        Task EstablishedAsync(params string[] names) => CalicoNetwork.UntilAsync(
            "sessions", () => names.FirstOrDefault(name => !gateway.Ask($"show protocols p_{name}").Contains("Established", StringComparison.Ordinal)) is { } missing ? $"{missing}\n{gateway.Ask("show protocols")}\n{network[1].Log}" : null);

        Task ToldAsync(string name, string text) => CalicoNetwork.UntilAsync(
            $"{name} has {text}", () => gateway.Ask($"show route table t_{name} protocol p_{name} all") is var told && told.Contains(text, StringComparison.Ordinal) && told.Contains("BGP.next_hop: 10.89.0.11", StringComparison.Ordinal) ? null : gateway.Ask("show route table all all"));

        string Told(string name, string prefix) => gateway.Ask($"show route {prefix} table t_{name} protocol p_{name} all");
    }

    private static string At((string Name, BgpPeerSpec Spec, string Bird)[] sessions, string name)
    {
        var i = Array.FindIndex(sessions, session => session.Name == name);
        return name is "source" or "nodeip" ? $"10.88.0.{210 + i}" : $"10.89.0.{210 + i}";
    }

    private static string Bird(string name, string address, string text, string routes = "") => $$"""
        ipv4 table t_{{name}};
        protocol static s_{{name}} { ipv4 { table t_{{name}}; }; {{routes}} }
        protocol bgp p_{{name}} { local {{address}} {{text}} strict bind on; connect delay time 1; connect retry time 1; error wait time 1, 1; graceful restart on; ipv4 { table t_{{name}}; igp table master4; import all; export where source = RTS_STATIC; }; }

        """;

    private static BgpPassword Password() => new() { SecretKeyRef = new BgpSecretKey { Name = "bgp", Key = "gw" } };

    private static Secret Secret(string password) => new() { Metadata = { Name = "bgp", Namespace = "kube-system" }, Data = { ["gw"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(password)) } };
}
