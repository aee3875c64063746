using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <summary>One handle during one assignment: the object says in which blocks to look.</summary>
internal sealed class HandleKeeper(KubeClient client, string handle)
{
    private const int MostTries = 20;
    private IpamHandle? known;
    private bool hasLooked;

    /// <summary>True if this assignment has made it.</summary>
    public bool IsNew { get; private set; }

    /// <summary>True while nothing is known of it: it is new, or the attempt to make it will tell.</summary>
    public bool IsFresh => known is null && !hasLooked;

    /// <summary>Reads one that is there already, of an assignment before this one.</summary>
    public async Task BeginAsync(CancellationToken cancel)
    {
        hasLooked = true;
        known = await client.TryGetAsync(CalicoResources.IpamHandles, null, CalicoNames.Handle(handle), cancel).ConfigureAwait(false);
    }

    /// <summary>Says how many addresses it has in a block.</summary>
    /// <exception cref="HandleExistsException">There is one already, and nobody has looked at it.</exception>
    public async Task CountAsync(IpPrefix block, int count, CancellationToken cancel)
    {
        var key = block.ToString();
        for (var tries = 0; tries < MostTries; tries++)
        {
            try
            {
                if (known is null)
                {
                    var made = new IpamHandle { Metadata = { Name = CalicoNames.Handle(handle) }, Spec = new IpamHandleSpec { HandleID = handle, Block = new(StringComparer.Ordinal) { [key] = count } } };
                    known = await client.CreateAsync(CalicoResources.IpamHandles, made, cancel).ConfigureAwait(false);
                    IsNew = true;
                    return;
                }

                known.Spec.Block ??= new(StringComparer.Ordinal);
                if (known.Spec.Block.TryGetValue(key, out var there) && there == count)
                {
                    return;
                }

                known.Spec.Block[key] = count;
                known = await client.UpdateAsync(CalicoResources.IpamHandles, known, cancel).ConfigureAwait(false);
                return;
            }
            catch (KubeApiException e) when (e.IsConflict || e.IsAlreadyExists || e.IsNotFound)
            {
                if (!hasLooked && !IsNew)
                {
                    throw new HandleExistsException();
                }

                await BeginAsync(cancel).ConfigureAwait(false);
            }
        }

        throw new IpamException(IpamFailure.Contended, $"handle {handle} was changed by others {MostTries} times in a row");
    }
}
