using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <content>IPv6: sessions between IPv6 addresses, pods and Services at a gateway, packets there and back.</content>
public partial class GatewayTests
{
    [Fact]
    public async Task Ipv6_GatewayHearsOfBlocksAndServices_AndItsClientReachesThem()
    {
        const string external = "fd00:192::7", balanced = "fd00:198::7";
        var network = await shared.GetAsync();
        var gateway = shared.First;
        var pod = shared.Pods[1].ByV6;
        using var answers = new Greeter(pod.Namespace, "pod2");
        using var two = new Greeter(network[2].Namespace, "node2");
        network[2].Ip($"addr add {external}/128 dev lo nodad");
        gateway.Run([gateway.Told(), gateway.ToldV6(), .. ((int[])[1, 2, 3]).SelectMany(static node => (string[])[Gateway.Peer(node, 65001), Gateway.PeerV6(node, 65001)])]);
        await network.Api.Client.CreateAsync(CalicoResources.BgpPeers, new BgpPeer { Metadata = { Name = "gw201-v6" }, Spec = { PeerIP = gateway.AddressV6, AsNumber = 65001 } }, TestApi.Cancel);
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp =>
        {
            bgp.Spec.ServiceClusterIPs = [new BgpCidr { Cidr = "fd00:96::/112" }];
            bgp.Spec.ServiceExternalIPs = [new BgpCidr { Cidr = "fd00:192::/64" }];
            bgp.Spec.ServiceLoadBalancerIPs = [new BgpCidr { Cidr = "fd00:198::/64" }];
        });
        await gateway.EstablishedAsync("node1v6", "node2v6", "node3v6");
        string[] all = ["fd00:89::11", "fd00:89::12", "fd00:89::13"];
        await gateway.HopsAsync(new IpPrefix(pod.Address, 122).Masked.ToString(), all);
        foreach (var range in (string[])["fd00:96::/112", "fd00:192::/64", "fd00:198::/64"])
        {
            await gateway.HopsAsync(range, all);
        }

        await CalicoNetwork.UntilAsync("the way back", () => network[2].Ip("-6 route").Contains("fd00:172:201::/64 via fd00:89::201 dev eth0 proto 80", StringComparison.Ordinal) ? null : $"{network[2].Ip("-6 route")}\n{network[2].Log}");
        await TakenAsync(pod.Address, "pod2");

        // A Local one from its endpoint's node.
        await LocalService.CreateAsync(network, "localv6", "10.96.0.8", external, balanced);
        await LocalService.EndpointsAsync(network, "localv6", "node2");
        await gateway.HopsAsync($"{external}/128", "fd00:89::12");
        await gateway.HopsAsync($"{balanced}/128", "fd00:89::12");
        await TakenAsync(IpAddress.Parse(external), "node2");

        await network.Api.Client.DeleteAsync(KubeResources.Services, "default", "localv6", TestApi.Cancel);
        await network.ChangeAsync(CalicoResources.BgpConfigurations, "default", static bgp => bgp.Spec = new BgpConfigurationSpec());
        await gateway.HopsAsync("fd00:96::/112");
        await network.Api.Client.DeleteAsync(CalicoResources.BgpPeers, null, "gw201-v6", TestApi.Cancel);
        await CalicoNetwork.UntilAsync("no way back", () => network[2].Ip("-6 route").Contains("fd00:172:201::", StringComparison.Ordinal) ? network[2].Ip("-6 route") : null);
        shared.Ordinary();
        network[2].Ip($"addr del {external}/128 dev lo");

        Task TakenAsync(IpAddress address, string by) => CalicoNetwork.UntilAsync(
            $"{address} is taken by {by}", () => CalicoNetwork.Connect(gateway.Client, address, Greeter.Port) is var said && said == $"{by} fd00:172:201::2" ? null : $"{said}\n{gateway.Ip("-6 route")}\n{network[2].Ip("-6 route")}");
    }
}
