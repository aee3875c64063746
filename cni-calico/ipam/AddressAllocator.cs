using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Blocks;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <summary>
/// Gives out addresses on one node, in Calico's objects. Every write of a block is guarded by the version it was read at: two nodes that change one
/// block at once cannot both succeed. A new handle and its first address in a block of this node are written at the same time: whoever dies between
/// the two leaves a handle without addresses, which the collector finds, or an address without a handle, which this node finds in its own blocks.
/// In others' blocks, and for everything else, the handle is written before the block and removed after it. One request at a time; any thread.
/// </summary>
/// <remarks>Throws <see cref="IpamException"/>, and what <see cref="KubeClient"/> throws if the API server cannot be reached.</remarks>
public sealed partial class AddressAllocator : IDisposable
{
    private const int MostTries = 20;
    private readonly KubeClient client;
    private readonly string node;
    private readonly IIpamView view;
    private readonly SemaphoreSlim gate = new(1);
    private readonly Dictionary<IpPrefix, IpamBlock> own = [];

    // Addresses in other nodes' blocks, by handle.
    private readonly Dictionary<string, List<IpAddress>> borrowed = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<IpPrefix> ownBlocks = [];
    private volatile IReadOnlyList<IpAddress> borrowedNow = [];
    private bool isLoaded;

    /// <summary>An allocator for one node.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="view">What it has to know.</param>
    public AddressAllocator(KubeClient client, string node, IIpamView view)
    {
        this.client = client;
        this.node = node;
        this.view = view;
    }

    /// <summary>The node's blocks or the borrowed addresses are others than before. Raised on the thread of the request.</summary>
    public event Action? Changed;

    /// <summary>The node's blocks. Any thread.</summary>
    public IReadOnlyList<IpPrefix> OwnBlocks => ownBlocks;

    /// <summary>Addresses of this node in others' blocks that were taken since the start. Any thread.</summary>
    public IReadOnlyList<IpAddress> Borrowed => borrowedNow;

    /// <summary>
    /// Assigns the addresses that are asked for: one per family, or certain ones. All or none. A request that is repeated gives the
    /// addresses that its handle has.
    /// </summary>
    public async Task<IReadOnlyList<IpAddress>> AssignAsync(AssignRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await LoadAsync(cancel).ConfigureAwait(false);
            return await AssignLockedAsync(request, cancel).ConfigureAwait(false);
        }
        finally
        {
            await ConfirmedAsync().ConfigureAwait(false);
            gate.Release();
        }
    }

    /// <summary>Reads the node's blocks, and finishes or takes back claims that a run before this one did not get to.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        await gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await LoadAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    private async Task<IReadOnlyList<IpAddress>> AssignLockedAsync(AssignRequest request, CancellationToken cancel)
    {
        var left = own.Values.Where(block => IsIn(block, request.Handle)).ToArray();
        try
        {
            if (left.Length == 0)
            {
                // Nearly always the handle is new: creating it tells, without asking first.
                return await AssignAsync(request, new HandleKeeper(client, request.Handle), [], cancel).ConfigureAwait(false);
            }
        }
        catch (HandleExistsException)
        {
            // It has addresses, or it has been given up half-way.
        }

        var handle = new HandleKeeper(client, request.Handle);
        await handle.BeginAsync(cancel).ConfigureAwait(false);
        foreach (var ledger in left.Select(static block => new AllocationBlock(block.Spec)))
        {
            await handle.CountAsync(ledger.Cidr, ledger.AddressesOf(request.Handle).Count, cancel).ConfigureAwait(false);
        }

        return await AssignAsync(request, handle, await FindAsync(request.Handle, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
    }

    private static bool IsIn(IpamBlock block, string handle) => block.Spec.Attributes?.Exists(attribute => attribute.Primary == handle) == true;

    private async Task<IReadOnlyList<IpAddress>> AssignAsync(AssignRequest request, HandleKeeper handle, IReadOnlyList<IpAddress> there, CancellationToken cancel)
    {
        var assigned = new List<IpAddress>();
        try
        {
            if (request.Addresses.Count > 0)
            {
                foreach (var address in request.Addresses)
                {
                    assigned.Add(Has(there, address) ? address : await TakeCertainAsync(request, handle, address, cancel).ConfigureAwait(false));
                }
            }
            else
            {
                if (request.V4)
                {
                    assigned.Add(Of(there, IpFamily.V4) ?? await TakeAnyAsync(request, handle, IpFamily.V4, cancel).ConfigureAwait(false));
                }

                if (request.V6)
                {
                    assigned.Add(Of(there, IpFamily.V6) ?? await TakeAnyAsync(request, handle, IpFamily.V6, cancel).ConfigureAwait(false));
                }
            }

            return assigned;
        }
        catch (Exception e) when (e is IpamException or KubeApiException)
        {
            if (handle.IsNew)
            {
                await ReleaseLockedAsync(request.Handle, false, cancel).ConfigureAwait(false);
            }

            throw;
        }
    }

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

    private static bool IsIn(IReadOnlyList<AddressPool> pools, IpPrefix cidr)
    {
        foreach (var pool in pools)
        {
            if (pool.Cidr.Contains(cidr))
            {
                return true;
            }
        }

        return false;
    }

    private static IpAddress? Of(IReadOnlyList<IpAddress> addresses, IpFamily family)
    {
        foreach (var address in addresses)
        {
            if (address.Family == family)
            {
                return address;
            }
        }

        return null;
    }

    private static bool Has(IReadOnlyList<IpAddress> addresses, IpAddress wanted)
    {
        foreach (var address in addresses)
        {
            if (address == wanted)
            {
                return true;
            }
        }

        return false;
    }
}
