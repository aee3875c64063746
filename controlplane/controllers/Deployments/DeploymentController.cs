using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Kube.Selectors;

namespace Podwire.Controllers.Deployments;

/// <summary>Moves each deployment's pods from the replica sets of earlier templates to the one of the present template.</summary>
internal sealed class DeploymentController : KeyedController
{
    private readonly ControllerContext context;
    private readonly EventRecorder events;
    private readonly WriteTracker<ReplicaSet> writes;
    private readonly ConditionalWeakTable<PodTemplateSpec, string> canonical = [];

    /// <summary>A controller over the shared feeds.</summary>
    public DeploymentController(ControllerContext context)
        : base("deployment", context.Loggers.CreateLogger("deployment"))
    {
        this.context = context;
        events = context.Recorder("deployment-controller");
        writes = new(context.Feeds.ReplicaSets);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() =>
    [
        Own(context.Feeds.Deployments),
        Owners(context.Feeds.ReplicaSets, "Deployment"),
        context.Feeds.ReplicaSets.Store.Subscribe(QueueAdopters),
        context.Feeds.Pods.Store.Subscribe(QueueRecreating),
    ];

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        if (!context.Feeds.Deployments.Store.TryGet(key, out var deployment))
        {
            writes.Forget(key);
            return;
        }

        if (!writes.IsCurrent(key))
        {
            Queue.AddAfter(key, TimeSpan.FromSeconds(1));
            return;
        }

        var selector = Selector.From(deployment.Spec.Selector);
        if (selector.IsEverything)
        {
            events.Warning(deployment, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.");
            return;
        }

        var claim = Claim<ReplicaSet>.Compile(deployment, selector.Matches, ClusterFeeds.CandidatesOf(context.Feeds.ReplicaSets, deployment));
        await Ownership.SettleAsync(context.Client, KubeResources.ReplicaSets, KubeResources.Deployments, deployment, claim, _ => false, set => writes.Wrote(key, set), cancel).ConfigureAwait(false);
        if (claim.Adopt.Count > 0)
        {
            return;
        }

        var view = new RolloutView(deployment, claim.Owned, Canonical);
        var plan = DeploymentCompiler.Compile(view, WithPods(view), context.Time.GetUtcNow());
        var collided = await ApplyAsync(key, view, plan, cancel).ConfigureAwait(false);
        await WriteDeploymentAsync(deployment, plan, collided, cancel).ConfigureAwait(false);
        if (plan.Recheck is { } wait)
        {
            Queue.AddAfter(key, wait + TimeSpan.FromSeconds(1));
        }
    }

    private string Canonical(PodTemplateSpec template) =>
        canonical.GetValue(template, value => TemplateHash.Canonical(KubeJson.ToNode(value)));

    private HashSet<string> WithPods(RolloutView view) =>
    [
        .. view.All.Select(set => set.Metadata.Uid ?? string.Empty)
            .Where(uid => context.Feeds.Pods.Store.ByIndex(ClusterFeeds.ByController, uid).Any(pod => !PodFacts.HasEnded(pod))),
    ];

    /// <summary>A replica set without a controller may be one that a deployment selects.</summary>
    private void QueueAdopters(ObjectChange<ReplicaSet> change)
    {
        if (change.New is not { } set || ControllerReference.Of(set) is not null)
        {
            return;
        }

        foreach (var deployment in context.Feeds.Deployments.Store.ByIndex(ClusterFeeds.ByNamespace, set.Metadata.Namespace ?? string.Empty))
        {
            if (Selector.From(deployment.Spec.Selector).Matches(set.Metadata.Labels))
            {
                Queue.Add(ObjectKey.Of(deployment));
            }
        }
    }

    /// <summary>A deployment that recreates waits for the last old pod to be gone.</summary>
    private void QueueRecreating(ObjectChange<Pod> change)
    {
        if ((change.IsDeleted || PodFacts.HasEnded(change.New!)) && ControllerReference.Of((change.New ?? change.Old)!) is { Kind: "ReplicaSet" } owner
            && context.Feeds.ReplicaSets.Store.Get((change.New ?? change.Old)!.Metadata.Namespace, owner.Name) is { } set
            && ControllerReference.Of(set) is { Kind: "Deployment" } deployment)
        {
            Queue.Add(new(set.Metadata.Namespace ?? string.Empty, deployment.Name));
        }
    }

    /// <summary>Makes, changes and deletes replica sets; true if the name of the new one is taken by a different one.</summary>
    private async Task<bool> ApplyAsync(ObjectKey key, RolloutView view, DeploymentPlan plan, CancellationToken cancel)
    {
        if (plan.Create is { } made && !await CreateAsync(key, view, made, cancel).ConfigureAwait(false))
        {
            return true;
        }

        foreach (var change in plan.Change)
        {
            await ChangeAsync(key, view.Deployment, change, cancel).ConfigureAwait(false);
        }

        foreach (var set in plan.Delete)
        {
            var options = new DeleteOptions { Preconditions = new() { Uid = set.Metadata.Uid, ResourceVersion = set.Metadata.ResourceVersion }, PropagationPolicy = "Background" };
            await context.Client.TryDeleteAsync(KubeResources.ReplicaSets, set.Metadata.Namespace, set.Metadata.Name, cancel, options).ConfigureAwait(false);
            writes.Deleted(key, set);
        }

        return false;
    }

    private async Task<bool> CreateAsync(ObjectKey key, RolloutView view, ReplicaSet made, CancellationToken cancel)
    {
        try
        {
            writes.Wrote(key, await context.Client.CreateAsync(KubeResources.ReplicaSets, made, cancel).ConfigureAwait(false));
        }
        catch (KubeApiException refused) when (refused.IsAlreadyExists)
        {
            var present = await context.Client.TryGetAsync(KubeResources.ReplicaSets, made.Metadata.Namespace, made.Metadata.Name, cancel).ConfigureAwait(false);
            if (present is not null && ControllerReference.IsTo(present, view.Deployment) && Canonical(present.Spec.Template) == view.Canonical)
            {
                // Our own, from before the watch showed it.
                writes.Wrote(key, present);
                return true;
            }

            if (present is null)
            {
                throw;
            }

            return false;
        }
        catch (KubeApiException refused)
        {
            events.Warning(view.Deployment, "ReplicaSetCreateError", $"Failed to create new replica set \"{made.Metadata.Name}\": {refused.Message}");
            throw;
        }

        Tell(view.Deployment, made.Metadata.Name, 0, made.Spec.Replicas ?? 0);
        return true;
    }

    private async Task ChangeAsync(ObjectKey key, Deployment deployment, ReplicaSetChange change, CancellationToken cancel)
    {
        var wanted = KubeJson.Clone(change.Set);
        wanted.Spec.Replicas = change.Replicas;
        wanted.Spec.MinReadySeconds = change.MinReadySeconds;
        foreach (var (name, value) in change.Annotations ?? new Dictionary<string, string>())
        {
            wanted.Metadata.Annotations[name] = value;
        }

        if (MergeDiff.Between(KubeResources.ReplicaSets, change.Set, wanted) is not { } patch)
        {
            return;
        }

        writes.Wrote(key, await context.Client.PatchAsync(KubeResources.ReplicaSets, change.Set.Metadata.Namespace, change.Set.Metadata.Name, patch, cancel).ConfigureAwait(false));
        if (change.Before != change.Replicas)
        {
            Tell(deployment, change.Set.Metadata.Name, change.Before, change.Replicas);
        }
    }

    private void Tell(Deployment deployment, string set, int before, int after)
    {
        ControllersLog.Resized(Logger, PodFacts.Key(deployment), set, before, after);
        events.Normal(deployment, "ScalingReplicaSet", $"Scaled {(after > before ? "up" : "down")} replica set {set} from {before} to {after}");
    }

    private async Task WriteDeploymentAsync(Deployment deployment, DeploymentPlan plan, bool collided, CancellationToken cancel)
    {
        var current = deployment;
        if (plan.Revision is { } revision && !collided && deployment.Metadata.Annotations.GetValueOrDefault(Annotations.Revision) != revision)
        {
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["resourceVersion"] = deployment.Metadata.ResourceVersion,
                    ["annotations"] = new JsonObject { [Annotations.Revision] = revision },
                },
            };
            current = await context.Client.PatchAsync(KubeResources.Deployments, deployment.Metadata.Namespace, deployment.Metadata.Name, KubePatch.Merge(patch), cancel).ConfigureAwait(false);
        }

        if (collided)
        {
            plan.Status.CollisionCount = (plan.Status.CollisionCount ?? 0) + 1;
        }

        var wanted = new Deployment { Metadata = current.Metadata, Spec = current.Spec, Status = plan.Status, Unknown = current.Unknown };
        if (MergeDiff.Between(KubeResources.Deployments, current, wanted) is { } statusPatch)
        {
            await context.Client.PatchStatusAsync(KubeResources.Deployments, current.Metadata.Namespace, current.Metadata.Name, statusPatch, cancel).ConfigureAwait(false);
        }
    }
}
