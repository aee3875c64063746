using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Two reflectors of one cluster (node1, node2), two nodes that peer with both and with nobody else, and a gateway that peers with the reflectors.</summary>
public sealed class ReflectorNetwork : IAsyncDisposable
{
    private readonly SemaphoreSlim starting = new(1);
    private CalicoNetwork? network;

    internal Gateway Gateway { get; private set; } = null!;

    internal List<CalicoPod> Pods { get; } = [];

    /// <summary>The network, made for the first who asks, with all sessions up.</summary>
    internal async Task<CalicoNetwork> GetAsync()
    {
        await starting.WaitAsync(TestApi.Cancel);
        try
        {
            return network ??= await MakeAsync();
        }
        finally
        {
            starting.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (network is not null)
        {
            await network.DisposeAsync();
        }

        starting.Dispose();
    }

    private async Task<CalicoNetwork> MakeAsync()
    {
        var made = await CalicoNetwork.StartAsync(4, more: static node =>
        {
            if (node.Metadata.Name is "node1" or "node2")
            {
                node.Metadata.Labels["route-reflector"] = "true";
                node.Metadata.Annotations["projectcalico.org/RouteReflectorClusterID"] = "10.89.255.1";
            }
        });
        try
        {
            Gateway = made.Gateway(203);
            await made.Api.PoolAsync("v4", "10.244.0.0/16", static spec => spec.NatOutgoing = true);
            await made.Api.PoolAsync("outside", "172.30.0.0/16", static spec => spec.Disabled = true);
            await made.Api.Client.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" }, Spec = { NodeToNodeMeshEnabled = false } }, TestApi.Cancel);
            await PeerAsync(made, "rr", new BgpPeerSpec { NodeSelector = "all()", PeerSelector = "route-reflector == 'true'" });
            await PeerAsync(made, "gateway", new BgpPeerSpec { NodeSelector = "route-reflector == 'true'", PeerIP = Gateway.Address, AsNumber = 65001 });
            Gateway.Run(Gateway.Told(), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001));
            await made.StartNodesAsync();
            Pods.AddRange(await Task.WhenAll(Enumerable.Range(1, made.Count).Select(number => Task.Run(async () => (await made[number].PodAsync($"pod{number}")).Attach()))));

            await Gateway.EstablishedAsync(1, 2);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    private static Task PeerAsync(CalicoNetwork network, string name, BgpPeerSpec spec) =>
        network.Api.Client.CreateAsync(CalicoResources.BgpPeers, new BgpPeer { Metadata = { Name = name }, Spec = spec }, TestApi.Cancel);
}
