using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Two reflectors of one cluster (node1, node2), two nodes that peer with both and with nobody else, and a gateway that peers with the reflectors.</summary>
public sealed class ReflectorNetwork : SharedNetwork
{
    internal Gateway Gateway { get; private set; } = null!;

    private protected override Task<CalicoNetwork> BeginAsync() => CalicoNetwork.StartAsync(4, more: static node =>
    {
        if (node.Metadata.Name is "node1" or "node2")
        {
            node.Metadata.Labels["route-reflector"] = "true";
            node.Metadata.Annotations["projectcalico.org/RouteReflectorClusterID"] = "10.89.255.1";
        }
    });

    private protected override async Task PrepareAsync(CalicoNetwork made)
    {
        Gateway = made.Gateway(203);
        await made.Api.PoolAsync("v4", "10.244.0.0/16", static spec => spec.NatOutgoing = true);
        await made.Api.PoolAsync("outside", "172.30.0.0/16", static spec => spec.Disabled = true);
        await made.Api.Client.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" }, Spec = { NodeToNodeMeshEnabled = false } }, TestApi.Cancel);
        await PeerAsync(made, "rr", new BgpPeerSpec { NodeSelector = "all()", PeerSelector = "route-reflector == 'true'" });
        await PeerAsync(made, "gateway", new BgpPeerSpec { NodeSelector = "route-reflector == 'true'", PeerIP = Gateway.Address, AsNumber = 65001 });
        Gateway.Run(Gateway.Told(), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001));
    }

    private protected override Task AwaitAsync() => Gateway.EstablishedAsync(1, 2);

    private static Task PeerAsync(CalicoNetwork network, string name, BgpPeerSpec spec) =>
        network.Api.Client.CreateAsync(CalicoResources.BgpPeers, new BgpPeer { Metadata = { Name = name }, Spec = spec }, TestApi.Cancel);
}
