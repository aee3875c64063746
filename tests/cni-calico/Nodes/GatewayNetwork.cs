using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Three nodes of both families in a full mesh, and two gateways of another AS.</summary>
public sealed class GatewayNetwork : SharedNetwork
{
    internal Gateway First { get; private set; } = null!;

    internal Gateway Second { get; private set; } = null!;

    /// <summary>The gateways' configuration as every test finds it and leaves it.</summary>
    internal void Ordinary()
    {
        foreach (var gateway in (Gateway[])[First, Second])
        {
            gateway.Run(gateway.Told(), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001), Gateway.Peer(3, 65001));
        }
    }

    private protected override Task<CalicoNetwork> BeginAsync() => CalicoNetwork.StartAsync(3, v6: true);

    private protected override async Task PrepareAsync(CalicoNetwork made)
    {
        (First, Second) = (made.Gateway(201), made.Gateway(202));
        await made.Api.PoolAsync("v4", "10.244.0.0/16", static spec => spec.NatOutgoing = true);
        await made.Api.PoolAsync("v6", "fd00:244::/64");
        await made.Api.PoolAsync("outside", "172.30.0.0/16", static spec => spec.Disabled = true);
        await made.Api.Client.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" } }, TestApi.Cancel);
        foreach (var gateway in (Gateway[])[First, Second])
        {
            await made.Api.Client.CreateAsync(CalicoResources.BgpPeers, new BgpPeer { Metadata = { Name = $"gw{gateway.Host}" }, Spec = { PeerIP = gateway.Address, AsNumber = 65001 } }, TestApi.Cancel);
        }

        Ordinary();
    }

    private protected override async Task AwaitAsync()
    {
        await First.EstablishedAsync(1, 2, 3);
        await Second.EstablishedAsync(1, 2, 3);
    }
}
