using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>One node and, for each field of a BGPPeer, a gateway with Debian's bird, all at once: the fields as they are on the wire.</summary>
public class PeerFieldTests
{
    private const string Block = "10.244.77.0/26";
    private const string Wrong = "password \"wrong\";";

    [Fact]
    public async Task Fields_HoldOnTheWire_AndWhatDoesNotMatchStaysDownUntilItDoes()
    {
        await using var network = await CalicoNetwork.StartAsync(1);
        var node = network[1];
        await network.Api.PoolAsync("v4", "10.244.0.0/16");
        await network.Api.Client.CreateAsync(KubeResources.Secrets, Secret("right"), TestApi.Cancel);

        // A second network on the link: a gateway in it is spoken to from the node's own address, unless the kernel is to choose.
        node.Ip("addr add 10.88.0.11/24 dev eth0");
        var gateways = new Dictionary<string, Gateway>();
        await AddAsync("plain", new BgpPeerSpec());
        await AddAsync("within", new BgpPeerSpec { AsNumber = 64512 });
        await AddAsync("keep", new BgpPeerSpec { AsNumber = 65002, KeepOriginalNextHop = true });
        await AddAsync("self", new BgpPeerSpec { AsNumber = 64512, NextHopMode = "Self" });
        await AddAsync("localas", new BgpPeerSpec { LocalASNumber = 64999 }, theirs: 64999);
        await AddAsync("hops", new BgpPeerSpec { TtlSecurity = 1 }, "ttl security on; multihop 1;");
        await AddAsync("nohops", new BgpPeerSpec { TtlSecurity = 1 }, "multihop 3;");
        await AddAsync("secret", new BgpPeerSpec { Password = Password() }, "password \"right\";");
        await AddAsync("wrong", new BgpPeerSpec { Password = Password() }, Wrong);
        await AddAsync("none", new BgpPeerSpec { Password = Password() });
        await AddAsync("restart", new BgpPeerSpec { AsNumber = 65003, MaxRestartTime = "5m" });
        await AddAsync("port", new BgpPeerSpec(), port: 1790);
        await AddAsync("nodeip", new BgpPeerSpec(), net: 88);
        await AddAsync("source", new BgpPeerSpec { SourceAddress = "None" }, neighbor: "10.88.0.11", net: 88);
        await AddAsync("alive", new BgpPeerSpec { KeepaliveTime = "1s" });

        // Not on any of the node's networks: the way to it is what the peer says.
        await AddAsync("behind", new BgpPeerSpec(), net: 87);
        node.Start();
        await node.ReadyAsync();
        string[] down = ["nohops", "wrong", "none"];
        foreach (var (_, gateway) in gateways.Where(entry => !down.Contains(entry.Key)))
        {
            await gateway.EstablishedAsync(1);
        }

        var beats = BeatsAsync();
        Assert.Contains("Restart time: 300", gateways["restart"].Ask("show protocols all node1"), StringComparison.Ordinal);
        Assert.Contains("Source address:   10.88.0.", gateways["nodeip"].Ask("show protocols all node1"), StringComparison.Ordinal);

        var behind = gateways["behind"];
        Assert.Equal($"10.87.0.{behind.Host} via {behind.Address} dev eth0 proto 81", node.Ip($"route show 10.87.0.{behind.Host}").Trim());

        // The node's block, and one that a gateway tells and that is told on: with the next hop it has within the AS and where it is to be kept.
        Assert.Equal(0, node.Call("ADD", await node.PodAsync("pod"), plugin: "calico-ipam").Code);
        var own = Assert.Single(await network.Api.BlocksAsync()).Spec.Cidr;
        await gateways["plain"].SaysAsync(own, "BGP.as_path: 64512\n");
        await gateways["localas"].SaysAsync(own, "BGP.as_path: 64999\n");
        gateways["plain"].Run(gateways["plain"].Told(Block), Gateway.Peer(1, 65001));
        await gateways["keep"].HopsAsync(Block, gateways["plain"].Address);
        await gateways["within"].HopsAsync(Block, gateways["plain"].Address);
        await gateways["self"].HopsAsync(Block, "10.89.0.11");
        await gateways["restart"].HopsAsync(Block, "10.89.0.11");
        await gateways["keep"].HopsAsync(own!, "10.89.0.11");

        // Our own AS in a path is a loop, unless it may be there once.
        gateways["restart"].Run(gateways["restart"].Told("198.18.20.0/24"), Gateway.Peer(1, 65003, export: "filter { if net = 198.18.20.0/24 then bgp_path.prepend(64512); if proto = \"told\" then accept; reject; }"));
        var beside = $"172.30.{gateways["restart"].Host}.0/24";
        await CalicoNetwork.UntilAsync("the route beside it is there", () => node.Ip($"route show {beside}").Length > 0 ? null : node.Ip("route"));
        Assert.Empty(node.Ip("route show 198.18.20.0/24"));
        await network.ChangeAsync(CalicoResources.BgpPeers, "restart", static peer => peer.Spec.NumAllowedLocalASNumbers = 1);
        await CalicoNetwork.UntilAsync("it may be there once", () => node.Ip("route show 198.18.20.0/24").Length > 0 ? null : node.Ask("neighbors"));

        // What stayed down: with another password in the Secret its gateway comes up, and the one that had the old goes down.
        Assert.All(down, name => Assert.NotEqual("Established", StateOf(gateways[name])));
        await network.ChangeAsync(KubeResources.Secrets, "bgp", static secret => secret.Data = Secret("wrong").Data, "kube-system");
        await CalicoNetwork.UntilAsync("the other password is right now", () => StateOf(gateways["wrong"]) == "Established" ? null : $"{gateways["wrong"].Log}\n{node.Log}");
        await CalicoNetwork.UntilAsync("the old password is none any more", () => gateways["secret"].Ask("show protocols node1").Contains("Established", StringComparison.Ordinal) ? "established" : null);
        Assert.All((string[])["none", "nohops"], name => Assert.NotEqual("Established", StateOf(gateways[name])));

        // What came from too far and never got through does not keep the gateway out once it is as it has to be.
        gateways["nohops"].Run(gateways["nohops"].Told(), Gateway.Peer(1, 65001, rest: "ttl security on; multihop 1;"));
        await CalicoNetwork.UntilAsync("the hop limit is right now", () => StateOf(gateways["nohops"]) == "Established" ? null : $"{gateways["nohops"].Log}\n{node.Log}");
        await network.ChangeAsync(CalicoResources.BgpPeers, "behind", static peer => peer.Spec.ReachableBy = null);
        await CalicoNetwork.UntilAsync("the way goes with what said it", () => node.Ip($"route show 10.87.0.{behind.Host}") is { Length: > 0 } route ? route : null);
        await beats;

        // What the gateways' hold timers say: the time that the node offers, and how often it is heard of in between.
        async Task BeatsAsync()
        {
            var (alive, port, before) = (0, 0, (Alive: 0.0, Port: 0.0));
            await CalicoNetwork.UntilAsync("keepalives come more often where the peer says so", () =>
            {
                var now = (Alive: Hold("alive"), Port: Hold("port"));
                (alive, port, before) = (alive + (now.Alive > before.Alive ? 1 : 0), port + (now.Port > before.Port ? 1 : 0), now);
                return alive >= port + 3 ? null : $"{alive} and {port}";
            });
        }

        double Hold(string name)
        {
            var said = gateways[name].Ask("show protocols all node1");
            var timer = Regex.Match(said, @"Hold timer:\s+([\d.]+)/90");
            Assert.True(timer.Success, said);
            return double.Parse(timer.Groups[1].Value, CultureInfo.InvariantCulture);
        }

        // The gateway may think so of one whose packets come from too far: our answers reach it.
        string? StateOf(Gateway gateway) => (string?)JsonNode.Parse(node.Ask("neighbors"))!["neighbors"]!.AsArray().Single(entry => (string)entry!["address"]! == gateway.Address)!["state"];

        async Task AddAsync(string name, BgpPeerSpec spec, string rest = "", uint theirs = 64512, int? port = null, string neighbor = "10.89.0.11", int net = 89)
        {
            var gateway = gateways[name] = network.Gateway(210 + gateways.Count);
            var address = $"10.{net}.0.{gateway.Host}";
            if (net != 89)
            {
                gateway.Ip($"addr add {address}/24 dev eth0");
                rest += $"source address {address};";
                spec.ReachableBy = net == 87 ? gateway.Address : null;
            }

            spec.AsNumber ??= 65001;
            spec.PeerIP = port is null ? address : $"{address}:{port}";
            var text = Gateway.Peer(1, spec.AsNumber.Value, theirs, rest).Replace("10.89.0.11", neighbor, StringComparison.Ordinal);
            gateway.Run(gateway.Told(), port is null ? text : text.Replace("local as", $"local port {port} as", StringComparison.Ordinal));
            await network.Api.Client.CreateAsync(CalicoResources.BgpPeers, new BgpPeer { Metadata = { Name = name }, Spec = spec }, TestApi.Cancel);
        }

    }

    private static BgpPassword Password() => new() { SecretKeyRef = new BgpSecretKey { Name = "bgp", Key = "gw" } };

    private static Secret Secret(string password) => new() { Metadata = { Name = "bgp", Namespace = "kube-system" }, Data = { ["gw"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(password)) } };
}
