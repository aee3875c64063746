using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <summary>What the allocator has to know of the cluster. It may lag: what counts is what the API server says to a write.</summary>
public interface IIpamView
{
    /// <summary>The pools.</summary>
    PoolTable Pools { get; }

    /// <summary>This node's labels.</summary>
    IReadOnlyDictionary<string, string> NodeLabels { get; }

    /// <summary>How addresses are given out.</summary>
    IpamConfigSpec Config { get; }

    /// <summary>Addresses that are not given out by themselves.</summary>
    IReadOnlyList<IpPrefix> Reserved { get; }

    /// <summary>All blocks.</summary>
    Task<IReadOnlyList<IpamBlock>> BlocksAsync(CancellationToken cancel);
}
