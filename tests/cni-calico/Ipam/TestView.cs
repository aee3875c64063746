using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Ipam;

/// <summary>What an allocator knows, read from the API server each time.</summary>
internal sealed class TestView(KubeClient client) : IIpamView
{
    public PoolTable Pools { get; private set; } = PoolTable.Empty;

    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } = new Dictionary<string, string>();

    public IpamConfigSpec Config { get; init; } = new();

    public IReadOnlyList<IpPrefix> Reserved { get; init; } = [];

    public async Task<TestView> ReadAsync(CancellationToken cancel)
    {
        Pools = PoolTable.Read((await client.ListAsync(CalicoResources.IpPools, null, null, cancel)).Items);
        return this;
    }

    public async Task<IReadOnlyList<IpamBlock>> BlocksAsync(CancellationToken cancel) => (await client.ListAsync(CalicoResources.IpamBlocks, null, null, cancel)).Items;
}
