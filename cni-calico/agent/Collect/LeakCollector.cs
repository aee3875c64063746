using Microsoft.Extensions.Logging;
using Podwire.CniCalico.Agent.Watch;
using Podwire.CniCalico.Ipam;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Collect;

/// <summary>
/// Gives back what a crash, a lost DEL or a node that is gone has left: addresses of this node whose pod the API server does not know any more, handles
/// without addresses, and, on the first node by name, what nodes that are no more had. Everything has a grace, and pods are asked for once
/// more before their address is taken.
/// </summary>
internal sealed class LeakCollector(KubeClient client, ClusterWatch watch, AddressAllocator allocator, string node, TimeSpan grace, TimeProvider time, ILogger logger)
{
    private readonly LeakWatch addresses = new(grace);
    private readonly LeakWatch handles = new(grace);
    private readonly LeakWatch nodes = new(grace);

    /// <summary>Looks every <paramref name="period"/> until cancelled.</summary>
    public async Task RunAsync(TimeSpan period, CancellationToken cancel)
    {
        await watch.WaitForSyncAsync(cancel).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await CollectAsync(cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException or IpamException or FormatException)
            {
                CalicoLog.CollectingFailed(logger, e.Message);
            }

            await Task.Delay(period, time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Looks once.</summary>
    public async Task CollectAsync(CancellationToken cancel)
    {
        var blocks = watch.Blocks.List();
        var owners = new Dictionary<string, BlockAttribute>(StringComparer.Ordinal);
        var places = new Dictionary<string, List<IpAddress>>(StringComparer.Ordinal);
        foreach (var block in blocks)
        {
            Note(block, owners, places);
        }

        await CollectAddressesAsync(owners, places, cancel).ConfigureAwait(false);
        await CollectHandlesAsync(owners, cancel).ConfigureAwait(false);
        await CollectNodesAsync(blocks, owners, cancel).ConfigureAwait(false);
    }

    private static void Note(IpamBlock block, Dictionary<string, BlockAttribute> owners, Dictionary<string, List<IpAddress>> places)
    {
        if (!IpPrefix.TryParse(block.Spec.Cidr, out var cidr) || block.Spec.Attributes is not { } attributes)
        {
            return;
        }

        for (var i = 0; i < (block.Spec.Allocations?.Count ?? 0); i++)
        {
            if (block.Spec.Allocations![i] is { } index && index >= 0 && index < attributes.Count && attributes[index].Primary is { } handle)
            {
                owners[handle] = attributes[index];
                if (!places.TryGetValue(handle, out var list))
                {
                    places[handle] = list = [];
                }

                list.Add(cidr.First.Add(i));
            }
        }
    }

    private async Task CollectAddressesAsync(Dictionary<string, BlockAttribute> owners, Dictionary<string, List<IpAddress>> places, CancellationToken cancel)
    {
        var suspects = new List<string>();
        foreach (var (handle, owner) in owners)
        {
            if (owner.Secondary is { } attributes && attributes.GetValueOrDefault("node") == node && attributes.TryGetValue("pod", out var pod)
                && !Has(watch.Pods.Get(attributes.GetValueOrDefault("namespace"), pod), places[handle]))
            {
                suspects.Add(handle);
            }
        }

        foreach (var handle in addresses.Ripe(suspects, time.GetUtcNow()))
        {
            var attributes = owners[handle].Secondary!;
            var ns = attributes.GetValueOrDefault("namespace") ?? "default";
            var pod = await client.TryGetAsync(KubeResources.Pods, ns, attributes["pod"], cancel).ConfigureAwait(false);
            if (!Has(pod, places[handle]))
            {
                await allocator.ReleaseAsync(handle, cancel, everywhere: true).ConfigureAwait(false);
                CalicoLog.Collected(logger, handle, $"pod {ns}/{attributes["pod"]} is not on this node");
            }
        }
    }

    /// <summary>True if the pod is on this node, not ended, and has the addresses or has not said which it has.</summary>
    private bool Has(Pod? pod, List<IpAddress> addresses)
    {
        if (pod is null || pod.Spec?.NodeName != node || pod.Status?.Phase is "Succeeded" or "Failed")
        {
            return false;
        }

        if (pod.Status?.PodIPs is not { Count: > 0 } told)
        {
            return true;
        }

        foreach (var ip in told)
        {
            if (IpAddress.TryParse(ip.Ip, out var address) && addresses.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A handle is written before its block: one without addresses is of somebody who did not get further. The block's owner looks after it.</summary>
    private async Task CollectHandlesAsync(Dictionary<string, BlockAttribute> owners, CancellationToken cancel)
    {
        var mine = new HashSet<string>(StringComparer.Ordinal);
        foreach (var block in allocator.OwnBlocks)
        {
            mine.Add(block.ToString());
        }

        var suspects = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var handle in (await client.ListAsync(CalicoResources.IpamHandles, null, null, cancel).ConfigureAwait(false)).Items)
        {
            if (!owners.ContainsKey(handle.Spec.HandleID) && (handle.Spec.Block is not { Count: > 0 } named ? IsFirst() : mine.Contains(named.Keys.Min(StringComparer.Ordinal)!) || (IsFirst() && !IsAnyones(named.Keys.Min(StringComparer.Ordinal)!))))
            {
                suspects[LeakWatch.Key(handle)] = handle.Spec.HandleID;
            }
        }

        foreach (var key in handles.Ripe(suspects.Keys, time.GetUtcNow()))
        {
            await allocator.ReleaseAsync(suspects[key], cancel).ConfigureAwait(false);
            CalicoLog.Collected(logger, suspects[key], "it has no address");
        }
    }

    private async Task CollectNodesAsync(IReadOnlyList<IpamBlock> blocks, Dictionary<string, BlockAttribute> owners, CancellationToken cancel)
    {
        if (!IsFirst())
        {
            return;
        }

        var gone = new HashSet<string>(StringComparer.Ordinal);
        foreach (var block in blocks)
        {
            if (CalicoNames.NodeOf(block.Spec.Affinity) is { } owner && watch.Nodes.Get(null, owner) is null)
            {
                gone.Add(owner);
            }
        }

        foreach (var owner in owners.Values)
        {
            if (owner.Secondary?.GetValueOrDefault("node") is { } at && watch.Nodes.Get(null, at) is null)
            {
                gone.Add(at);
            }
        }

        foreach (var name in nodes.Ripe(gone, time.GetUtcNow()))
        {
            if (await client.TryGetAsync(KubeResources.Nodes, null, name, cancel).ConfigureAwait(false) is not null)
            {
                continue;
            }

            foreach (var (handle, owner) in owners)
            {
                if (owner.Secondary?.GetValueOrDefault("node") == name)
                {
                    await allocator.ReleaseAsync(handle, cancel, everywhere: true).ConfigureAwait(false);
                    CalicoLog.Collected(logger, handle, $"node {name} is no more");
                }
            }

            CalicoLog.NodeGone(logger, await allocator.ReleaseNodeAsync(name, cancel).ConfigureAwait(false), name);
        }
    }

    private bool IsFirst()
    {
        foreach (var other in watch.Nodes.List())
        {
            if (string.CompareOrdinal(other.Metadata.Name, node) < 0)
            {
                return false;
            }
        }

        return true;
    }

    private bool IsAnyones(string cidr) => IpPrefix.TryParse(cidr, out var prefix) && watch.Blocks.Get(null, CalicoNames.Block(prefix))?.Spec.Affinity is not null;
}
