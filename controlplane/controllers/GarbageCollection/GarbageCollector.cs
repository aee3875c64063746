using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>
/// Follows every resource that can be listed, watched and deleted, keeps the graph of owners, and carries out what <see cref="GcRules"/> say. Nothing is deleted
/// before all resources are synced, and never on the word of the graph alone: a missing owner is asked for, and a delete names uid and version.
/// </summary>
internal sealed class GarbageCollector(ControllerContext context) : IController, IDisposable
{
    private static readonly TimeSpan DiscoveryInterval = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Metadata = KubeJson.With(MetadataJson.Default);
    private readonly ILogger logger = context.Loggers.CreateLogger("garbage-collector");
    private readonly WorkQueue<string> queue = new(new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30), 0.2));
    private readonly GcGraph graph = new();
    private readonly ConcurrentDictionary<string, Followed> followed = new(StringComparer.Ordinal);
    private int told;
    private volatile ServerResources served = new([], []);

    /// <inheritdoc/>
    public string Name => "garbage-collector";

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var grace = new Grace(cancel);
        var work = Task.CompletedTask;
        try
        {
            var isStarted = false;
            while (!cancel.IsCancellationRequested)
            {
                if (await FollowAsync(all.Token).ConfigureAwait(false) && !isStarted)
                {
                    isStarted = true;
                    work = queue.RunAsync((uid, _) => SyncAsync(uid, grace.Token), Failed, 8, cancel);
                }

                await Task.Delay(isStarted ? DiscoveryInterval : TimeSpan.FromSeconds(1), context.Time, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        finally
        {
            await work.ConfigureAwait(false);
            await all.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(followed.Values.Select(one => one.Task)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => queue.Dispose();

    /// <summary>Follows resources that are new; true once all that are followed are synced.</summary>
    private async Task<bool> FollowAsync(CancellationToken cancel)
    {
        try
        {
            served = await ServerResources.AskAsync(context.Client, cancel).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is KubeApiException or HttpRequestException or IOException or TimeoutException or JsonException)
        {
            ControllersLog.DiscoveryFailed(logger, failure.Message);
            return false;
        }

        var wanted = served.Resources.Where(resource => resource.Can("list", "watch", "delete") && resource.Plural != "events").ToList();
        foreach (var resource in wanted.Where(resource => !followed.ContainsKey(resource.Id)))
        {
            followed[resource.Id] = Follow(resource, cancel);
        }

        // A resource that is no longer served takes its objects with it, unless its group could not be asked.
        foreach (var (id, one) in followed.Where(pair => served.Missing.Count == 0 && wanted.TrueForAll(resource => resource.Id != pair.Key)).ToList())
        {
            await one.Stop.CancelAsync().ConfigureAwait(false);
            await one.Task.ConfigureAwait(false);
            one.Store.Replace([]);
            one.Stop.Dispose();
            followed.TryRemove(id, out _);
        }

        await Task.WhenAll(followed.Values.Select(one => one.Store.WaitForSyncAsync(cancel))).ConfigureAwait(false);
        if (told != followed.Count)
        {
            told = followed.Count;
            ControllersLog.GarbageResources(logger, told);
        }

        return true;
    }

    private Followed Follow(ApiResourceInfo resource, CancellationToken cancel)
    {
        var typed = new KubeResource<MetadataOnly>(resource.Group, resource.Version, resource.Kind, resource.Plural, resource.IsNamespaced, Metadata);
        var reflector = new Reflector<MetadataOnly>(context.Client, typed, null, new ReflectorOptions { Logger = logger, Time = context.Time });
        reflector.Store.Subscribe(change =>
        {
            var look = change.New is { } now ? graph.Set(new(resource, now.Metadata)) : graph.Remove(change.Old!.Metadata.Uid ?? string.Empty);
            foreach (var uid in look)
            {
                queue.Add(uid);
            }
        });
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        return new(typed, reflector.Store, stop, reflector.RunAsync(stop.Token));
    }

    private async Task SyncAsync(string uid, CancellationToken cancel)
    {
        while (graph.TryGet(uid, out var node, out var dependants))
        {
            if (GcRules.Next(node, owner => graph.StateOf(owner, node), dependants) is GcStep.AskFor ask)
            {
                if (await AskAsync(node, ask, cancel).ConfigureAwait(false))
                {
                    continue;
                }

                queue.AddAfter(uid, TimeSpan.FromSeconds(1));
                return;
            }

            await TakeAsync(node, GcRules.Next(node, owner => graph.StateOf(owner, node), dependants), cancel).ConfigureAwait(false);
            return;
        }
    }

    /// <summary>Asks for owners that the graph does not have; false if one is there after all, or cannot be asked for, so that nothing can be decided yet.</summary>
    private async Task<bool> AskAsync(GcNode node, GcStep.AskFor ask, CancellationToken cancel)
    {
        foreach (var owner in ask.Owners)
        {
            if (served.OfKind(owner.ApiVersion, owner.Kind) is not { } resource)
            {
                // Nobody knows this kind, perhaps not yet: such an owner is never taken for gone.
                return false;
            }

            if (resource.IsNamespaced && string.IsNullOrEmpty(node.Metadata.Namespace))
            {
                // An object of the whole cluster cannot be owned by one in a namespace: there is no such owner.
                graph.MarkAbsent(owner.Uid);
                continue;
            }

            var typed = KubeResources.Raw(resource.Group, resource.Version, resource.Kind, resource.Plural, resource.IsNamespaced);
            var present = await context.Client.TryGetAsync(typed, resource.IsNamespaced ? node.Metadata.Namespace : null, owner.Name, cancel).ConfigureAwait(false);
            if (present is not null && present.Metadata.Uid == owner.Uid)
            {
                return false;
            }

            graph.MarkAbsent(owner.Uid);
        }

        return true;
    }

    private async Task TakeAsync(GcNode node, GcStep step, CancellationToken cancel)
    {
        switch (step)
        {
            case GcStep.Delete delete:
                var options = new DeleteOptions
                {
                    PropagationPolicy = delete.PropagationPolicy,
                    Preconditions = new() { Uid = node.Uid, ResourceVersion = node.Metadata.ResourceVersion },
                };
                if (await context.Client.TryDeleteAsync(Typed(node), node.Metadata.Namespace, node.Metadata.Name, cancel, options).ConfigureAwait(false))
                {
                    ControllersLog.GarbageDeleted(logger, node.ToString(), delete.PropagationPolicy);
                }

                break;
            case GcStep.DropOwners drop:
                await WriteOwnersAsync(node, node.Owners.Where(owner => !drop.Uids.Contains(owner.Uid)), cancel).ConfigureAwait(false);
                break;
            case GcStep.Visit visit:
                foreach (var dependant in visit.Dependants)
                {
                    queue.Add(dependant.Uid);
                }

                break;
            case GcStep.Orphan orphan:
                foreach (var dependant in orphan.Dependants)
                {
                    await WriteOwnersAsync(dependant, dependant.Owners.Where(owner => owner.Uid != node.Uid), cancel).ConfigureAwait(false);
                }

                await DropFinalizerAsync(node, GcNode.OrphanFinalizer, cancel).ConfigureAwait(false);
                break;
            case GcStep.DropFinalizer drop:
                await DropFinalizerAsync(node, drop.Finalizer, cancel).ConfigureAwait(false);
                break;
            default:
                break;
        }
    }

    private KubeResource<MetadataOnly> Typed(GcNode node) => followed[node.Resource.Id].Resource;

    private Task WriteOwnersAsync(GcNode node, IEnumerable<OwnerReference> owners, CancellationToken cancel) =>
        PatchAsync(node, "ownerReferences", new JsonArray([.. owners.Select(owner => JsonSerializer.SerializeToNode(owner, KubeJson.TypeInfo<OwnerReference>()))]), cancel);

    private Task DropFinalizerAsync(GcNode node, string finalizer, CancellationToken cancel) =>
        PatchAsync(node, "finalizers", new JsonArray([.. node.Metadata.Finalizers.Where(other => other != finalizer).Select(other => (JsonNode)JsonValue.Create(other))]), cancel);

    private async Task PatchAsync(GcNode node, string field, JsonArray value, CancellationToken cancel)
    {
        var metadata = new JsonObject { ["uid"] = node.Uid, ["resourceVersion"] = node.Metadata.ResourceVersion, [field] = value };
        try
        {
            await context.Client.PatchAsync(Typed(node), node.Metadata.Namespace, node.Metadata.Name, KubePatch.Merge(new JsonObject { ["metadata"] = metadata }), cancel).ConfigureAwait(false);
        }
        catch (KubeApiException refused) when (refused.IsNotFound)
        {
            // It is gone already.
        }
    }

    private void Failed(string uid, Exception failure, int failures)
    {
        var name = graph.TryGet(uid, out var node, out _) ? node.ToString() : uid;
        if (failure is KubeApiException { IsConflict: true })
        {
            ControllersLog.Retry(logger, Name, name, failure.Message);
            return;
        }

        ControllersLog.SyncFailed(logger, Name, name, failures, failure.Message, failure is KubeApiException or HttpRequestException or IOException or TimeoutException ? null : failure);
    }

    /// <summary>A resource that is followed.</summary>
    private sealed record Followed(KubeResource<MetadataOnly> Resource, ObjectStore<MetadataOnly> Store, CancellationTokenSource Stop, Task Task);
}
