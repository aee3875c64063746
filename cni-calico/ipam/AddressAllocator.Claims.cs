using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <content>
/// How a node comes to a block: it says that it wants it (a BlockAffinity, pending), creates the block, which only one node can do, and says that
/// it has it (confirmed), which nothing waits for. A claim without a block is taken back at the next start.
/// </content>
public sealed partial class AddressAllocator
{
    private const string Pending = "pending";
    private const string Confirmed = "confirmed";
    private readonly List<Task> confirmations = [];

    private async Task LoadAsync(CancellationToken cancel)
    {
        if (isLoaded)
        {
            return;
        }

        own.Clear();
        var blocks = (await client.ListAsync(CalicoResources.IpamBlocks, null, null, cancel).ConfigureAwait(false)).Items;
        foreach (var block in blocks)
        {
            if (CalicoNames.NodeOf(block.Spec.Affinity) == node && IpPrefix.TryParse(block.Spec.Cidr, out var cidr))
            {
                own[cidr] = block;
            }
        }

        var confirmed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var affinity in (await client.ListAsync(CalicoResources.BlockAffinities, null, null, cancel).ConfigureAwait(false)).Items)
        {
            if (affinity.Spec.Node != node || affinity.Metadata.DeletionTimestamp is not null || !IpPrefix.TryParse(affinity.Spec.Cidr, out var cidr))
            {
                continue;
            }

            if (!own.ContainsKey(cidr))
            {
                await client.TryDeleteAsync(CalicoResources.BlockAffinities, null, affinity.Metadata.Name, cancel).ConfigureAwait(false);
            }
            else if (affinity.Spec.State == Confirmed)
            {
                confirmed.Add(affinity.Metadata.Name);
            }
        }

        foreach (var cidr in own.Keys.ToArray())
        {
            if (!confirmed.Contains(CalicoNames.Affinity(node, cidr)))
            {
                await ConfirmAsync(cidr, null, cancel).ConfigureAwait(false);
            }
        }

        isLoaded = true;
        Tell();
    }

    /// <summary>A new block from a pool; null if the pool has none left.</summary>
    private async Task<IpamBlock?> ClaimAsync(AddressPool pool, CancellationToken cancel)
    {
        var taken = new HashSet<IpPrefix>();
        foreach (var block in await view.BlocksAsync(cancel).ConfigureAwait(false))
        {
            if (IpPrefix.TryParse(block.Spec.Cidr, out var cidr))
            {
                taken.Add(cidr);
            }
        }

        foreach (var cidr in own.Keys)
        {
            taken.Add(cidr);
        }

        var search = new BlockSearch(pool, node);
        while (search.Next(taken) is { } cidr)
        {
            if (await TryClaimAsync(cidr, cancel).ConfigureAwait(false) is { } claimed)
            {
                return claimed;
            }

            taken.Add(cidr);
        }

        return null;
    }

    private async Task<IpamBlock> ClaimCertainAsync(AddressPool pool, IpPrefix cidr, CancellationToken cancel)
    {
        if (!pool.Nodes.Matches(view.NodeLabels))
        {
            throw new IpamException(IpamFailure.Invalid, $"the nodeSelector of IPPool {pool.Name} does not select this node, which would have to take the block {cidr}");
        }

        return await TryClaimAsync(cidr, cancel).ConfigureAwait(false)
            ?? await client.GetAsync(CalicoResources.IpamBlocks, null, CalicoNames.Block(cidr), cancel).ConfigureAwait(false);
    }

    private async Task<IpamBlock?> TryClaimAsync(IpPrefix cidr, CancellationToken cancel)
    {
        var name = CalicoNames.Affinity(node, cidr);
        BlockAffinity? pending = null;
        try
        {
            pending = await client.CreateAsync(CalicoResources.BlockAffinities, Affinity(cidr, Pending), cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            // Of an attempt that did not get further.
        }

        IpamBlock? block;
        try
        {
            var made = new IpamBlock { Metadata = { Name = CalicoNames.Block(cidr) }, Spec = AllocationBlock.Create(cidr, node, view.Config.StrictAffinity) };
            block = await client.CreateAsync(CalicoResources.IpamBlocks, made, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            block = await client.TryGetAsync(CalicoResources.IpamBlocks, null, CalicoNames.Block(cidr), cancel).ConfigureAwait(false);
            if (CalicoNames.NodeOf(block?.Spec.Affinity) != node)
            {
                await client.TryDeleteAsync(CalicoResources.BlockAffinities, null, name, cancel).ConfigureAwait(false);
                return null;
            }
        }

        own[cidr] = block!;
        Tell();
        confirmations.Add(ConfirmAsync(cidr, pending, cancel));
        return block;
    }

    /// <summary>Confirmations go on beside the assignment that needed the block. One that fails is made up for at the next start.</summary>
    private async Task ConfirmedAsync()
    {
        foreach (var confirmation in confirmations)
        {
            try
            {
                await confirmation.ConfigureAwait(false);
            }
            catch (Exception e) when (e is KubeApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
            {
                isLoaded = false;
            }
        }

        confirmations.Clear();
    }

    private async Task ConfirmAsync(IpPrefix cidr, BlockAffinity? known, CancellationToken cancel)
    {
        var name = CalicoNames.Affinity(node, cidr);
        if (known is not null)
        {
            known.Spec.State = Confirmed;
            try
            {
                await client.UpdateAsync(CalicoResources.BlockAffinities, known, cancel).ConfigureAwait(false);
                return;
            }
            catch (KubeApiException e) when (e.IsConflict || e.IsNotFound)
            {
                // Changed meanwhile: as it is now.
            }
        }

        if (await client.TryGetAsync(CalicoResources.BlockAffinities, null, name, cancel).ConfigureAwait(false) is { } there)
        {
            there.Spec.State = Confirmed;
            await client.UpdateAsync(CalicoResources.BlockAffinities, there, cancel).ConfigureAwait(false);
        }
        else
        {
            await client.CreateAsync(CalicoResources.BlockAffinities, Affinity(cidr, Confirmed), cancel).ConfigureAwait(false);
        }
    }

    private BlockAffinity Affinity(IpPrefix cidr, string state) => new()
    {
        Metadata = { Name = CalicoNames.Affinity(node, cidr) },
        Spec = new BlockAffinitySpec { Cidr = cidr.ToString(), Node = node, State = state, Deleted = "false", Type = "host" },
    };

    private async Task DeleteAsync(IpamBlock block, CancellationToken cancel) =>
        await client.DeleteAsync(CalicoResources.IpamBlocks, null, block.Metadata.Name, cancel, new Kube.Objects.DeleteOptions
        {
            Preconditions = new Kube.Objects.Preconditions { Uid = block.Metadata.Uid, ResourceVersion = block.Metadata.ResourceVersion },
        }).ConfigureAwait(false);

    /// <summary>Remembers what the API server answered, if the block is this node's.</summary>
    private void Keep(IpamBlock block)
    {
        if (IpPrefix.TryParse(block.Spec.Cidr, out var cidr))
        {
            if (CalicoNames.NodeOf(block.Spec.Affinity) == node)
            {
                own[cidr] = block;
            }
            else
            {
                own.Remove(cidr);
            }
        }
    }

    private void Borrow(string handle, IpAddress address)
    {
        if (!borrowed.TryGetValue(handle, out var addresses))
        {
            borrowed[handle] = addresses = [];
        }

        addresses.Add(address);
        Tell();
    }

    private void Forget(string handle)
    {
        if (borrowed.Remove(handle))
        {
            Tell();
        }
    }

    private void Tell()
    {
        var blocks = own.Keys.ToArray();
        Array.Sort(blocks);
        ownBlocks = blocks;
        var addresses = new List<IpAddress>();
        foreach (var list in borrowed.Values)
        {
            addresses.AddRange(list);
        }

        borrowedNow = addresses;
        Changed?.Invoke();
    }
}
