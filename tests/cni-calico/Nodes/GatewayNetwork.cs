using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Three nodes of both families in a full mesh, two gateways of another AS, and a pod on each node: one network for the checks of a class.</summary>
public sealed class GatewayNetwork : IAsyncDisposable
{
    private readonly SemaphoreSlim starting = new(1);
    private CalicoNetwork? network;

    internal Gateway First { get; private set; } = null!;

    internal Gateway Second { get; private set; } = null!;

    internal List<CalicoPod> Pods { get; } = [];

    /// <summary>The network, made for the first who asks, with the sessions to the gateways up.</summary>
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

    /// <summary>The gateways' configuration as every test finds it and leaves it.</summary>
    internal void Ordinary()
    {
        foreach (var gateway in (Gateway[])[First, Second])
        {
            gateway.Run(gateway.Told(), Gateway.Peer(1, 65001), Gateway.Peer(2, 65001), Gateway.Peer(3, 65001));
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
        var made = await CalicoNetwork.StartAsync(3, v6: true);
        try
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
            await made.StartNodesAsync();
            Pods.AddRange(await Task.WhenAll(Enumerable.Range(1, made.Count).Select(number => Task.Run(async () => (await made[number].PodAsync($"pod{number}")).Attach()))));

            await First.EstablishedAsync(1, 2, 3);
            await Second.EstablishedAsync(1, 2, 3);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }
}
