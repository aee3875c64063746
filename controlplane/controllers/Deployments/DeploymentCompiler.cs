using System.Globalization;
using Podwire.Controllers.Runtime;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Deployments;

/// <summary>
/// Decides the next step of a deployment. Pure: the same deployment, replica sets and time give the same plan.
/// A paused deployment is only scaled; a scaled one keeps its mix of replica sets; otherwise the strategy moves pods from the
/// old replica sets to the new one.
/// </summary>
internal static class DeploymentCompiler
{
    /// <summary>Decides the next step.</summary>
    /// <param name="view">The deployment with its replica sets.</param>
    /// <param name="withPods">Uids of replica sets that still have pods which have not ended, terminating ones included.</param>
    /// <param name="now">The time, for conditions and the progress deadline.</param>
    public static DeploymentPlan Compile(RolloutView view, IReadOnlySet<string> withPods, DateTimeOffset now)
    {
        var deployment = view.Deployment;
        if (deployment.Metadata.DeletionTimestamp is not null)
        {
            return new DeploymentPlan { Status = DeploymentStatusCompiler.Counts(view, now) };
        }

        var step = Step(view, withPods);
        if (step.Create is null && step.Change.Count == 0)
        {
            step = step with { Delete = BeyondHistory(view) };
        }

        return DeploymentStatusCompiler.Complete(view, step, now);
    }

    /// <summary>The replica set for the deployment's pod template, as it is made.</summary>
    public static ReplicaSet NewReplicaSet(RolloutView view, int size)
    {
        var deployment = view.Deployment;
        var hash = TemplateHash.Compute(view.Canonical, deployment.Status.CollisionCount);
        var template = KubeJson.Clone(deployment.Spec.Template);
        template.Metadata.Labels[TemplateHash.Label] = hash;
        var selector = KubeJson.Clone(deployment.Spec.Selector);
        selector.MatchLabels[TemplateHash.Label] = hash;
        var set = new ReplicaSet();
        set.Metadata.Name = $"{deployment.Metadata.Name}-{hash}";
        set.Metadata.Namespace = deployment.Metadata.Namespace;
        set.Metadata.Labels = new(template.Metadata.Labels, StringComparer.Ordinal);
        set.Metadata.Annotations = Annotations.ForNewest(deployment, new Dictionary<string, string>(), view.NextRevision);
        foreach (var (key, value) in Annotations.Sizes(view.Replicas, view.MaxSurge))
        {
            set.Metadata.Annotations[key] = value;
        }

        set.Metadata.OwnerReferences.Add(ControllerReference.To(deployment));
        set.Spec.Replicas = size;
        set.Spec.MinReadySeconds = deployment.Spec.MinReadySeconds;
        set.Spec.Selector = selector;
        set.Spec.Template = template;
        return set;
    }

    private static DeploymentPlan Step(RolloutView view, IReadOnlySet<string> withPods)
    {
        var active = view.All.Where(set => RolloutView.Size(set) > 0).ToList();
        if (view.Deployment.Spec.Paused == true || active.Exists(set => Annotations.IsSizedForOther(set, view.Replicas)))
        {
            return With(view, Scaled(view, active));
        }

        return view.IsRecreate ? Recreate(view, withPods) : Roll(view);
    }

    /// <summary>A scaled deployment: one active replica set takes the whole change, several share it.</summary>
    private static Dictionary<ReplicaSet, int> Scaled(RolloutView view, List<ReplicaSet> active)
    {
        var sizes = new Dictionary<ReplicaSet, int>();
        if (active.Count <= 1)
        {
            var only = active.Count == 1 ? active[0] : view.New ?? (view.All.Count == 0 ? null : view.All[^1]);
            if (only is not null)
            {
                sizes[only] = view.Replicas;
            }
        }
        else if (view.New is { } saturated && RolloutView.Size(saturated) == view.Replicas && RolloutView.Available(saturated) == view.Replicas)
        {
            foreach (var old in active.Where(set => set != saturated))
            {
                sizes[old] = 0;
            }
        }
        else if (!view.IsRecreate)
        {
            var change = (view.Replicas > 0 ? view.Replicas + view.MaxSurge : 0) - view.Total;
            var ordered = change > 0
                ? active.OrderByDescending(RolloutView.Size).ThenByDescending(set => set.Metadata.CreationTimestamp).ToList()
                : active.OrderByDescending(RolloutView.Size).ThenBy(set => set.Metadata.CreationTimestamp).ToList();
            var shared = RolloutMath.Share([.. ordered.Select(RolloutView.Size)], change);
            for (var i = 0; i < shared.Length; i++)
            {
                sizes[ordered[i]] = shared[i];
            }
        }

        return sizes;
    }

    private static DeploymentPlan Recreate(RolloutView view, IReadOnlySet<string> withPods)
    {
        var down = view.Old.Where(set => RolloutView.Size(set) > 0).ToDictionary(set => set, _ => 0);
        if (down.Count > 0 || view.Old.Any(set => withPods.Contains(set.Metadata.Uid ?? string.Empty)))
        {
            return With(view, down);
        }

        return view.New is null ? Creating(view, view.Replicas) : With(view, new() { [view.New] = view.Replicas });
    }

    private static DeploymentPlan Roll(RolloutView view)
    {
        var current = view.New is null ? 0 : RolloutView.Size(view.New);
        var size = RolloutMath.NewSize(view.Replicas, view.MaxSurge, current, view.Total);
        if (view.New is null)
        {
            return Creating(view, size);
        }

        return With(view, size != current ? new() { [view.New] = size } : OldSizes(view, view.New));
    }

    /// <summary>
    /// Old replica sets shrink: first by the pods that are not available anyway, then by as many as availability allows. Not before every replica set has
    /// told of its present size: one that shrank and grew again would still count pods as available that it has lost.
    /// </summary>
    private static Dictionary<ReplicaSet, int> OldSizes(RolloutView view, ReplicaSet newest)
    {
        var sizes = new Dictionary<ReplicaSet, int>();
        if (view.All.Any(set => (set.Status.ObservedGeneration ?? 0) < (set.Metadata.Generation ?? 0)))
        {
            return sizes;
        }

        var budget = RolloutMath.OldMayLose(view.Replicas, view.MaxUnavailable, view.Total, RolloutView.Size(newest), RolloutView.Available(newest));
        foreach (var set in view.Old)
        {
            var lost = Math.Clamp(RolloutView.Size(set) - RolloutView.Available(set), 0, budget);
            if (lost > 0)
            {
                sizes[set] = RolloutView.Size(set) - lost;
                budget -= lost;
            }
        }

        var spare = Math.Min(budget, view.All.Sum(RolloutView.Available) - (view.Replicas - view.MaxUnavailable));
        foreach (var set in view.Old)
        {
            var size = sizes.GetValueOrDefault(set, RolloutView.Size(set));
            var lost = Math.Clamp(spare, 0, size);
            if (lost > 0)
            {
                sizes[set] = size - lost;
                spare -= lost;
            }
        }

        return sizes;
    }

    private static DeploymentPlan Creating(RolloutView view, int size) => new()
    {
        Create = NewReplicaSet(view, size),
        Revision = view.NextRevision.ToString(CultureInfo.InvariantCulture),
        Status = view.Deployment.Status,
    };

    /// <summary>A step that gives sizes, and brings the books (revision, sizes, minReadySeconds) up to date where they are not.</summary>
    private static DeploymentPlan With(RolloutView view, Dictionary<ReplicaSet, int> sizes)
    {
        var changes = new List<ReplicaSetChange>();
        foreach (var set in view.All)
        {
            var size = sizes.GetValueOrDefault(set, RolloutView.Size(set));
            var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
            if (set == view.New)
            {
                annotations = Annotations.ForNewest(view.Deployment, set.Metadata.Annotations, view.NextRevision);
            }

            if (size > 0 || RolloutView.Size(set) > 0)
            {
                foreach (var (key, value) in Annotations.Sizes(view.Replicas, view.MaxSurge))
                {
                    annotations[key] = value;
                }
            }

            var minReady = set == view.New ? view.Deployment.Spec.MinReadySeconds ?? 0 : set.Spec.MinReadySeconds ?? 0;
            var change = new ReplicaSetChange(set, size, annotations, minReady);
            if (change.IsChange)
            {
                changes.Add(change);
            }
        }

        return new()
        {
            Change = [.. changes.OrderByDescending(change => change.Set == view.New)],
            Revision = view.New is null ? null : Math.Max(Annotations.RevisionOf(view.New), view.NextRevision).ToString(CultureInfo.InvariantCulture),
            Status = view.Deployment.Status,
        };
    }

    /// <summary>Old replica sets without pods beyond revisionHistoryLimit, lowest revisions first, once the rollout is complete or paused.</summary>
    private static List<ReplicaSet> BeyondHistory(RolloutView view)
    {
        if (view.Deployment.Spec.Paused != true && !DeploymentStatusCompiler.IsComplete(view, DeploymentStatusCompiler.Tally(view)))
        {
            return [];
        }

        var cleanable = view.Old.Where(set => set.Metadata.DeletionTimestamp is null).OrderBy(Annotations.RevisionOf).ToList();
        return [.. cleanable
            .Take(Math.Max(0, cleanable.Count - (view.Deployment.Spec.RevisionHistoryLimit ?? 10)))
            .Where(set => RolloutView.Size(set) == 0 && set.Status.Replicas == 0 && (set.Metadata.Generation ?? 0) <= (set.Status.ObservedGeneration ?? 0))];
    }
}
