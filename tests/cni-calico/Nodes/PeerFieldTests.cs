using System.Text;
using System.Text.Json.Nodes;
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
        node.Start();
        await node.ReadyAsync();
        string[] down = ["nohops", "wrong", "none"];
        foreach (var (_, gateway) in gateways.Where(entry => !down.Contains(entry.Key)))
        {
            await gateway.EstablishedAsync(1);
        }

        Assert.Contains("Restart time: 300", gateways["restart"].Ask("show protocols all node1"), StringComparison.Ordinal);
        Assert.Contains("Source address:   10.88.0.", gateways["nodeip"].Ask("show protocols all node1"), StringComparison.Ordinal);

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
