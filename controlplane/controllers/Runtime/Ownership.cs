using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>Carries a <see cref="Claim{T}"/> out: adopts and releases by guarded patches of ownerReferences.</summary>
internal static class Ownership
{
    /// <summary>
    /// Adopts and releases. Before the first adoption the owner is read anew: one that was deleted or replaced meanwhile must not take anything
    /// (its dependants would be collected with it).
    /// </summary>
    /// <param name="client">The API server.</param>
    /// <param name="resource">The resource of the dependants.</param>
    /// <param name="ownerResource">The resource of the owner.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="claim">What to do.</param>
    /// <param name="isNotWorth">Candidates that are not adopted after all.</param>
    /// <param name="written">Told of each dependant written.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task SettleAsync<T, TOwner>(
        KubeClient client,
        KubeResource<T> resource,
        KubeResource<TOwner> ownerResource,
        TOwner owner,
        Claim<T> claim,
        Func<T, bool> isNotWorth,
        Action<T> written,
        CancellationToken cancel)
        where T : class, IKubeObject
        where TOwner : class, IKubeObject
    {
        foreach (var dependant in claim.Release)
        {
            var kept = dependant.Metadata.OwnerReferences.Where(reference => reference.Uid != owner.Metadata.Uid);
            await PatchAsync(client, resource, dependant, kept, written, cancel).ConfigureAwait(false);
        }

        var adopt = claim.Adopt.Where(candidate => !isNotWorth(candidate)).ToList();
        if (adopt.Count == 0)
        {
            return;
        }

        var present = await client.TryGetAsync(ownerResource, owner.Metadata.Namespace, owner.Metadata.Name, cancel).ConfigureAwait(false);
        if (present is null || present.Metadata.Uid != owner.Metadata.Uid || present.Metadata.DeletionTimestamp is not null)
        {
            return;
        }

        foreach (var candidate in adopt)
        {
            await PatchAsync(client, resource, candidate, [.. candidate.Metadata.OwnerReferences, ControllerReference.To(owner)], written, cancel).ConfigureAwait(false);
        }
    }

    private static async Task PatchAsync<T>(KubeClient client, KubeResource<T> resource, T dependant, IEnumerable<OwnerReference> owners, Action<T> written, CancellationToken cancel)
        where T : class, IKubeObject
    {
        var list = new JsonArray([.. owners.Select(owner => JsonSerializer.SerializeToNode(owner, KubeJson.TypeInfo<OwnerReference>()))]);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["uid"] = dependant.Metadata.Uid,
                ["resourceVersion"] = dependant.Metadata.ResourceVersion,
                ["ownerReferences"] = list,
            },
        };
        try
        {
            written(await client.PatchAsync(resource, dependant.Metadata.Namespace, dependant.Metadata.Name, KubePatch.Merge(patch), cancel).ConfigureAwait(false));
        }
        catch (KubeApiException refused) when (refused.IsNotFound)
        {
            // It is gone: nothing to adopt or release.
        }
    }
}
