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
