using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <content>One address out of a block: of this node, a new one, or another node's.</content>
public sealed partial class AddressAllocator
{
    private async Task<IpAddress> TakeAnyAsync(AssignRequest request, HandleKeeper handle, IpFamily family, CancellationToken cancel)
    {
        var named = family == IpFamily.V4 ? request.PoolsV4 : request.PoolsV6;
        var pools = view.Pools.ForWorkload(family, view.NodeLabels, request.NamespaceLabels, named);
        return await TakeFromAsync(pools, request, handle, cancel).ConfigureAwait(false);
    }

    private async Task<IpAddress> TakeFromAsync(IReadOnlyList<AddressPool> pools, AssignRequest request, HandleKeeper handle, CancellationToken cancel)
    {
        foreach (var pool in pools)
        {
            foreach (var block in OwnIn(pool))
            {
                if (await TakeFromBlockAsync(block, request, handle, default, cancel).ConfigureAwait(false) is { } address)
                {
                    return address;
                }
            }
        }

        if (view.Config.AutoAllocateBlocks != false && (view.Config.MaxBlocksPerHost <= 0 || own.Count < view.Config.MaxBlocksPerHost))
        {
            foreach (var pool in pools)
            {
                // Another node may fill a new block before we get to it: then the next one.
                for (var i = 0; i < MostTries && await ClaimAsync(pool, cancel).ConfigureAwait(false) is { } block; i++)
                {
                    if (await TakeFromBlockAsync(block, request, handle, default, cancel).ConfigureAwait(false) is { } address)
                    {
                        return address;
                    }
                }
            }
        }

        if (!view.Config.StrictAffinity && await BorrowAsync(pools, request, handle, cancel).ConfigureAwait(false) is { } lent)
        {
            return lent;
        }

        var strict = view.Config.StrictAffinity ? ", and strictAffinity of IPAMConfig default forbids to borrow" : string.Empty;
        throw new IpamException(IpamFailure.Exhausted, $"no free address for node {node} in IPPool {string.Join(", ", pools.Select(static pool => $"{pool.Name} ({pool.Cidr})"))}{strict}");
    }

    private async Task<IpAddress?> BorrowAsync(IReadOnlyList<AddressPool> pools, AssignRequest request, HandleKeeper handle, CancellationToken cancel)
    {
        var lenders = Lenders(await view.BlocksAsync(cancel).ConfigureAwait(false), pools);
        if (lenders.Count == 0)
        {
            // The view may lag behind the node that was faster with the last block.
            lenders = Lenders((await client.ListAsync(CalicoResources.IpamBlocks, null, null, cancel).ConfigureAwait(false)).Items, pools);
        }

        // At random, so that nodes without blocks do not all ask the same one.
        Random.Shared.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(lenders));
        foreach (var block in lenders)
        {
            if (await TakeFromBlockAsync(block, request, handle, default, cancel).ConfigureAwait(false) is { } address)
            {
                return address;
            }
        }

        return null;
    }

    private List<IpamBlock> Lenders(IReadOnlyList<IpamBlock> blocks, IReadOnlyList<AddressPool> pools)
    {
        var lenders = new List<IpamBlock>();
        foreach (var block in blocks)
        {
            if (IpPrefix.TryParse(block.Spec.Cidr, out var cidr) && !own.ContainsKey(cidr) && !block.Spec.StrictAffinity && block.Spec.Unallocated is { Count: > 0 } && IsIn(pools, cidr))
            {
                lenders.Add(block);
            }
        }

        return lenders;
    }

    private async Task<IpAddress> TakeCertainAsync(AssignRequest request, HandleKeeper handle, IpAddress address, CancellationToken cancel)
    {
        if (view.Pools.Of(IpPrefix.Host(address)) is not { } pool)
        {
            throw new IpamException(IpamFailure.Invalid, $"the address {address} that was asked for lies in no IPPool");
        }

        if (pool.IsDisabled)
        {
            throw new IpamException(IpamFailure.Invalid, $"the address {address} that was asked for lies in IPPool {pool.Name}, which is disabled");
        }

        var cidr = new IpPrefix(address, pool.BlockLength).Masked;
        var block = own.GetValueOrDefault(cidr)
            ?? await client.TryGetAsync(CalicoResources.IpamBlocks, null, CalicoNames.Block(cidr), cancel).ConfigureAwait(false)
            ?? await ClaimCertainAsync(pool, cidr, cancel).ConfigureAwait(false);
        if (CalicoNames.NodeOf(block.Spec.Affinity) is { } owner && owner != node && (block.Spec.StrictAffinity || view.Config.StrictAffinity))
        {
            throw new IpamException(IpamFailure.Invalid, $"the address {address} that was asked for lies in block {cidr} of node {owner}, and strictAffinity forbids to borrow");
        }

        return await TakeFromBlockAsync(block, request, handle, address, cancel).ConfigureAwait(false)
            ?? throw new IpamException(IpamFailure.Taken, $"the address {address} that was asked for is another's");
    }

    /// <summary>Takes one address, or a certain one; null if the block does not have it.</summary>
    private async Task<IpAddress?> TakeFromBlockAsync(IpamBlock block, AssignRequest request, HandleKeeper handle, IpAddress certain, CancellationToken cancel)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var changed = CalicoResources.Clone(block);
            var ledger = new AllocationBlock(changed.Spec);
            var before = ledger.AddressesOf(request.Handle).Count;
            var taken = certain.IsNone ? ledger.Take(request.Handle, request.Attributes, IsReserved)
                : ledger.TryTake(certain, request.Handle, request.Attributes) ? certain : null;
            if (taken is not { } address)
            {
                Keep(block);
                return null;
            }

            var beside = handle.IsFresh && before == 0 && ledger.Node == node;
            var counting = handle.CountAsync(ledger.Cidr, before + 1, cancel);
            if (!beside)
            {
                await counting.ConfigureAwait(false);
            }

            try
            {
                Keep(await WrittenAsync(changed, counting, request.Handle, cancel).ConfigureAwait(false));
                if (ledger.Node != node)
                {
                    Borrow(request.Handle, address);
                }

                return address;
            }
            catch (KubeApiException e) when (e.IsConflict || e.IsNotFound)
            {
                // Someone else was faster.
                own.Remove(ledger.Cidr);
                if (await client.TryGetAsync(CalicoResources.IpamBlocks, null, block.Metadata.Name, cancel).ConfigureAwait(false) is not { } fresh)
                {
                    return null;
                }

                block = fresh;
            }
        }

        throw new IpamException(IpamFailure.Contended, $"block {block.Spec.Cidr} was changed by others {MostTries} times in a row");
    }

    /// <summary>The block as it is stored, once its handle is written too. If that cannot be, the address is given back.</summary>
    private async Task<IpamBlock> WrittenAsync(IpamBlock changed, Task counting, string handle, CancellationToken cancel)
    {
        var updating = client.UpdateAsync(CalicoResources.IpamBlocks, changed, cancel);
        try
        {
            await counting.ConfigureAwait(false);
        }
        catch
        {
            if (await updating.ContinueWith(static update => update.IsCompletedSuccessfully ? update.Result : null, TaskScheduler.Default).ConfigureAwait(false) is { } stored)
            {
                Keep(stored);
                await ReleaseFromAsync(stored, handle, cancel).ConfigureAwait(false);
            }

            throw;
        }

        return await updating.ConfigureAwait(false);
    }

    private List<IpamBlock> OwnIn(AddressPool pool)
    {
        var found = new List<IpamBlock>();
        foreach (var (cidr, block) in own)
        {
            if (pool.Cidr.Contains(cidr) && block.Spec.Unallocated is { Count: > 0 })
            {
                found.Add(block);
            }
        }

        // The fullest first: blocks that are empty can be given up one day.
        found.Sort(static (a, b) => a.Spec.Unallocated!.Count - b.Spec.Unallocated!.Count);
        return found;
    }

    private bool IsReserved(IpAddress address)
    {
        foreach (var network in view.Reserved)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
