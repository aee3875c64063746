using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>Keeps the endpoint slices of every service that has a selector.</summary>
internal sealed class EndpointSliceController : ServiceController
{
    private readonly EventRecorder events;
    private readonly WriteTracker<EndpointSlice> writes;

    /// <summary>A controller over the shared feeds.</summary>
    public EndpointSliceController(ControllerContext context)
        : base("endpointslice", context)
    {
        events = context.Recorder("endpoint-slice-controller");
        writes = new(context.Feeds.EndpointSlices);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() => [.. base.Subscribe(), Context.Feeds.EndpointSlices.Store.Subscribe(QueueService)];

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        var service = Context.Feeds.Services.Store.Get(key.Namespace, key.Name);
        var present = Context.Feeds.EndpointSlices.Store.ByIndex(ClusterFeeds.ByService, key.ToString());
        if (service is null)
        {
            // Garbage collection deletes the slices: the service owns them.
            writes.Forget(key);
            return;
        }

        if (!HasSelector(service) || service.Metadata.DeletionTimestamp is not null)
        {
            return;
        }

        if (!writes.IsCurrent(key))
        {
            Queue.AddAfter(key, TimeSpan.FromSeconds(1));
            return;
        }

        var plan = EndpointSliceCompiler.Compile(service, Selected(service), Node, present.Where(slice => SliceLabels.IsOf(slice, service)));
        try
        {
            await ApplyAsync(key, plan, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException refused) when (!refused.IsConflict && !refused.IsNotFound)
        {
            events.Warning(service, "FailedToUpdateEndpointSlices", $"Error updating Endpoint Slices for Service {key}: {refused.Message}");
            throw;
        }
    }

    private async Task ApplyAsync(ObjectKey key, EndpointSlicePlan plan, CancellationToken cancel)
    {
        // Updates and new slices first: an endpoint that moves is in two slices for a moment rather than in none.
        foreach (var slice in plan.Create)
        {
            writes.Wrote(key, await Context.Client.CreateAsync(KubeResources.EndpointSlices, slice, cancel).ConfigureAwait(false));
        }

        foreach (var slice in plan.Update)
        {
            writes.Wrote(key, await Context.Client.UpdateAsync(KubeResources.EndpointSlices, slice, cancel).ConfigureAwait(false));
        }

        foreach (var slice in plan.Delete)
        {
            var options = new DeleteOptions { Preconditions = new() { Uid = slice.Metadata.Uid } };
            await Context.Client.TryDeleteAsync(KubeResources.EndpointSlices, slice.Metadata.Namespace, slice.Metadata.Name, cancel, options).ConfigureAwait(false);
            writes.Deleted(key, slice);
        }
    }

    /// <summary>A slice of ours that somebody changed or deleted is put right again.</summary>
    private void QueueService(ObjectChange<EndpointSlice> change)
    {
        foreach (var slice in new[] { change.Old, change.New })
        {
            if (slice is not null && slice.Metadata.Labels.GetValueOrDefault(SliceLabels.ManagedBy) == SliceLabels.Controller
                && slice.Metadata.Labels.TryGetValue(SliceLabels.ServiceName, out var service))
            {
                Queue.Add(new(change.Key.Namespace, service));
            }
        }
    }
}
