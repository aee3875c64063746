using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <content>What a node leaves that is no more.</content>
public sealed partial class AddressAllocator
{
    /// <summary>
    /// Gives up the blocks of a node that is no more: empty ones go, others belong to nobody until their last address is given back.
    /// Returns how many.
    /// </summary>
    public async Task<int> ReleaseNodeAsync(string gone, CancellationToken cancel)
    {
        await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var released = 0;
            foreach (var listed in await view.BlocksAsync(cancel).ConfigureAwait(false))
            {
                if (CalicoNames.NodeOf(listed.Spec.Affinity) == gone && gone != node)
                {
                    released += await ReleaseBlockAsync(listed.Metadata.Name, gone, cancel).ConfigureAwait(false) ? 1 : 0;
                }
            }

            foreach (var affinity in (await client.ListAsync(CalicoResources.BlockAffinities, null, null, cancel).ConfigureAwait(false)).Items)
            {
                if (affinity.Spec.Node == gone && gone != node)
                {
                    await client.TryDeleteAsync(CalicoResources.BlockAffinities, null, affinity.Metadata.Name, cancel).ConfigureAwait(false);
                }
            }

            return released;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<bool> ReleaseBlockAsync(string name, string gone, CancellationToken cancel)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (await client.TryGetAsync(CalicoResources.IpamBlocks, null, name, cancel).ConfigureAwait(false) is not { } block || CalicoNames.NodeOf(block.Spec.Affinity) != gone)
            {
                return false;
            }

            try
            {
                if (new AllocationBlock(block.Spec).IsEmpty)
                {
                    await DeleteAsync(block, cancel).ConfigureAwait(false);
                }
                else
                {
                    block.Spec.Affinity = null;
                    await client.UpdateAsync(CalicoResources.IpamBlocks, block, cancel).ConfigureAwait(false);
                }

                return true;
            }
            catch (KubeApiException e) when (e.IsConflict || e.IsNotFound)
            {
                // Changed meanwhile: look again.
            }
        }

        return false;
    }
}
