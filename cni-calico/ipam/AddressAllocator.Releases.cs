using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <content>What a handle has, and how it is given back: out of the blocks first, the handle last.</content>
public sealed partial class AddressAllocator
{
    /// <summary>Gives back all addresses of a handle; how many. One that has none is no failure.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="everywhere">Without an object of the handle, all blocks are looked through, not only this node's.</param>
    public async Task<int> ReleaseAsync(string handle, CancellationToken cancel, bool everywhere = false)
    {
        await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await LoadAsync(cancel).ConfigureAwait(false);
            return await ReleaseLockedAsync(handle, everywhere, cancel).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The handles of all addresses that this node's containers have, in its own blocks as they are and in others' as the view knows them.</summary>
    public async Task<IReadOnlyCollection<string>> HandlesAsync(CancellationToken cancel)
    {
        await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await LoadAsync(cancel).ConfigureAwait(false);
            var handles = new HashSet<string>(borrowed.Keys, StringComparer.Ordinal);
            foreach (var block in own.Values.Concat(await view.BlocksAsync(cancel).ConfigureAwait(false)))
            {
                foreach (var (_, owner) in new AllocationBlock(CalicoResources.Clone(block).Spec).Taken())
                {
                    if (owner.Primary is { } handle && owner.Secondary?.GetValueOrDefault("node") == node)
                    {
                        handles.Add(handle);
                    }
                }
            }

            return handles;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The addresses of a handle as the API server has them.</summary>
    public async Task<IReadOnlyList<IpAddress>> FindAsync(string handle, CancellationToken cancel)
    {
        var found = new List<IpAddress>();
        if (await client.TryGetAsync(CalicoResources.IpamHandles, null, CalicoNames.Handle(handle), cancel).ConfigureAwait(false) is { } there)
        {
            foreach (var block in await BlocksOfAsync(there, cancel).ConfigureAwait(false))
            {
                found.AddRange(new AllocationBlock(block.Spec).AddressesOf(handle));
            }
        }

        return found;
    }

    private async Task<int> ReleaseLockedAsync(string handle, bool everywhere, CancellationToken cancel)
    {
        var released = 0;
        for (var tries = 0; tries < MostTries; tries++)
        {
            var there = await client.TryGetAsync(CalicoResources.IpamHandles, null, CalicoNames.Handle(handle), cancel).ConfigureAwait(false);
            if (there is null)
            {
                foreach (var block in own.Values.Concat(everywhere ? await view.BlocksAsync(cancel).ConfigureAwait(false) : []).Where(block => IsIn(block, handle)).ToArray())
                {
                    released += await ReleaseFromAsync(block, handle, cancel).ConfigureAwait(false);
                }

                Forget(handle);
                return released;
            }

            foreach (var block in await BlocksOfAsync(there, cancel).ConfigureAwait(false))
            {
                released += await ReleaseFromAsync(block, handle, cancel).ConfigureAwait(false);
            }

            try
            {
                await client.DeleteAsync(CalicoResources.IpamHandles, null, there.Metadata.Name, cancel, new Kube.Objects.DeleteOptions
                {
                    Preconditions = new Kube.Objects.Preconditions { Uid = there.Metadata.Uid, ResourceVersion = there.Metadata.ResourceVersion },
                }).ConfigureAwait(false);
            }
            catch (KubeApiException e) when (e.IsConflict || e.IsNotFound)
            {
                // It has got more addresses meanwhile, or somebody else has released it.
            }
        }

        throw new IpamException(IpamFailure.Contended, $"the addresses of {handle} were changed by others {MostTries} times in a row");
    }

    private async Task<int> ReleaseFromAsync(IpamBlock block, string handle, CancellationToken cancel)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var changed = CalicoResources.Clone(block);
            var ledger = new AllocationBlock(changed.Spec);
            var count = ledger.Release(handle);
            if (count == 0)
            {
                return 0;
            }

            try
            {
                if (ledger.IsEmpty && changed.Spec.Affinity is null)
                {
                    await DeleteAsync(changed, cancel).ConfigureAwait(false);
                }
                else
                {
                    Keep(await client.UpdateAsync(CalicoResources.IpamBlocks, changed, cancel).ConfigureAwait(false));
                }

                return count;
            }
            catch (KubeApiException e) when (e.IsConflict || e.IsNotFound)
            {
                own.Remove(ledger.Cidr);
                if (await client.TryGetAsync(CalicoResources.IpamBlocks, null, block.Metadata.Name, cancel).ConfigureAwait(false) is not { } fresh)
                {
                    return 0;
                }

                block = fresh;
            }
        }

        throw new IpamException(IpamFailure.Contended, $"block {block.Spec.Cidr} was changed by others {MostTries} times in a row");
    }

    /// <summary>The blocks that a handle names: own ones as they are known, others as the API server has them.</summary>
    private async Task<List<IpamBlock>> BlocksOfAsync(IpamHandle handle, CancellationToken cancel)
    {
        var found = new List<IpamBlock>();
        foreach (var text in (handle.Spec.Block ?? []).Keys)
        {
            if (IpPrefix.TryParse(text, out var cidr)
                && (own.GetValueOrDefault(cidr) ?? await client.TryGetAsync(CalicoResources.IpamBlocks, null, CalicoNames.Block(cidr), cancel).ConfigureAwait(false)) is { } block)
            {
                found.Add(block);
            }
        }

        return found;
    }
}
