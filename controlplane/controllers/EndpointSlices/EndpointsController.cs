using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>Keeps the Endpoints object, the older form of endpoint slices, of every service that has a selector.</summary>
internal sealed class EndpointsController(ControllerContext context) : ServiceController("endpoints", context)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe()
    {
        // Those whose service went while nobody looked; later ones without a service may be waiting for theirs.
        foreach (var present in Context.Feeds.Endpoints.Store.List())
        {
            Queue.Add(ObjectKey.Of(present));
        }

        return [.. base.Subscribe(), Context.Feeds.Endpoints.Store.Subscribe(QueueServed)];
    }

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        var service = Context.Feeds.Services.Store.Get(key.Namespace, key.Name);
        var present = Context.Feeds.Endpoints.Store.Get(key.Namespace, key.Name);
        if (service is null)
        {
            await DeleteAsync(key, present, cancel).ConfigureAwait(false);
            return;
        }

        if (!HasSelector(service) || service.Metadata.DeletionTimestamp is not null || EndpointsCompiler.Compile(service, Selected(service), Node, present) is not { } wanted)
        {
            return;
        }

        if (present is null)
        {
            await Context.Client.CreateAsync(KubeResources.Endpoints, wanted, cancel).ConfigureAwait(false);
            return;
        }

        var changed = KubeJson.Clone(present);
        changed.Metadata.Labels = wanted.Metadata.Labels;
        changed.Metadata.Annotations = wanted.Metadata.Annotations;
        changed.Subsets = wanted.Subsets;
        await Context.Client.UpdateAsync(KubeResources.Endpoints, changed, cancel).ConfigureAwait(false);
    }

    private void QueueServed(ObjectChange<Endpoints> change)
    {
        if (Context.Feeds.Services.Store.TryGet(change.Key, out _))
        {
            Queue.Add(change.Key);
        }
    }

    /// <summary>
    /// There is no service of that name. Endpoints carry no owner, so nobody else deletes them; as in Kubernetes, only those that
    /// serve as a lock of leader election are spared.
    /// </summary>
    private async Task DeleteAsync(ObjectKey key, Endpoints? present, CancellationToken cancel)
    {
        if (present is null || present.Metadata.Annotations.ContainsKey("control-plane.alpha.kubernetes.io/leader"))
        {
            return;
        }

        var options = new DeleteOptions { Preconditions = new() { Uid = present.Metadata.Uid } };
        await Context.Client.TryDeleteAsync(KubeResources.Endpoints, key.Namespace, key.Name, cancel, options).ConfigureAwait(false);
    }
}
