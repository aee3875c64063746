using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Deployments;

/// <summary>
/// The status of a deployment: sums over its replica sets, and the conditions Available, Progressing and ReplicaFailure with the
/// reasons that kubectl rollout status reads. Pure.
/// </summary>
internal static class DeploymentStatusCompiler
{
    private const string Available = "Available";
    private const string Progressing = "Progressing";
    private const string ReplicaFailure = "ReplicaFailure";
    private const string Done = "NewReplicaSetAvailable";
    private const string Deadline = "ProgressDeadlineExceeded";

    /// <summary>The sums alone, with the conditions as they were: what the replica sets say now.</summary>
    public static DeploymentStatus Tally(RolloutView view)
    {
        var available = view.All.Sum(set => set.Status.AvailableReplicas ?? 0);
        return new()
        {
            ObservedGeneration = view.Deployment.Metadata.Generation,
            Replicas = view.All.Sum(set => set.Status.Replicas),
            UpdatedReplicas = view.New?.Status.Replicas ?? 0,
            ReadyReplicas = view.All.Sum(set => set.Status.ReadyReplicas ?? 0),
            AvailableReplicas = available,
            UnavailableReplicas = Math.Max(0, view.Total - available),
            CollisionCount = view.Deployment.Status.CollisionCount,
            Conditions = view.Deployment.Status.Conditions,
            Unknown = view.Deployment.Status.Unknown,
        };
    }

    /// <summary>The sums, and whether enough is available.</summary>
    public static DeploymentStatus Counts(RolloutView view, DateTimeOffset now)
    {
        var status = Tally(view);
        var enough = status.AvailableReplicas >= view.Replicas - view.MaxUnavailable;
        status.Conditions = Conditions.With(status.Conditions, enough
            ? New(Available, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
            : New(Available, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now));
        return status;
    }

    /// <summary>True once every pod is of the newest replica set and available.</summary>
    public static bool IsComplete(RolloutView view, DeploymentStatus status) =>
        status.UpdatedReplicas == view.Replicas && status.Replicas == view.Replicas && status.AvailableReplicas == view.Replicas
        && view.New is not null && view.New.Status.ObservedGeneration >= view.New.Metadata.Generation;

    /// <summary>The plan with its status, and with the time after which the progress deadline may have passed.</summary>
    public static DeploymentPlan Complete(RolloutView view, DeploymentPlan plan, DateTimeOffset now)
    {
        var status = Counts(view, now);
        var failure = Conditions.Find((view.New ?? (view.All.Count > 0 ? view.All[0] : null))?.Status.Conditions ?? [], ReplicaFailure);
        status.Conditions = failure is null
            ? Conditions.Without(status.Conditions, ReplicaFailure)
            : Conditions.With(status.Conditions, New(ReplicaFailure, failure.Status, failure.Reason ?? "FailedCreate", failure.Message ?? string.Empty, now));
        if (view.Deployment.Spec.ProgressDeadlineSeconds is not { } deadline || deadline == int.MaxValue)
        {
            status.Conditions = Conditions.Without(status.Conditions, Progressing);
            return plan with { Status = status };
        }

        if (Progress(view, plan, status, deadline, now) is { } condition)
        {
            status.Conditions = Replace(status.Conditions, condition);
        }

        var current = Conditions.Find(status.Conditions, Progressing);
        var waits = view.Deployment.Spec.Paused != true && current?.Reason is not (null or Done or Deadline) && !IsComplete(view, status);
        return plan with { Status = status, Recheck = waits ? Until(current!, deadline, now) : null };
    }

    private static Condition? Progress(RolloutView view, DeploymentPlan plan, DeploymentStatus status, int deadline, DateTimeOffset now)
    {
        var current = Conditions.Find(status.Conditions, Progressing);
        var before = view.Deployment.Status;
        var name = view.New is null ? $"Deployment \"{view.Deployment.Metadata.Name}\"" : $"ReplicaSet \"{view.New.Metadata.Name}\"";
        if (view.Deployment.Spec.Paused == true)
        {
            return current?.Reason is Deadline or "DeploymentPaused" ? null : New(Progressing, "Unknown", "DeploymentPaused", "Deployment is paused", now);
        }

        if (plan.Create is { } made)
        {
            return New(Progressing, "True", "NewReplicaSetCreated", $"Created new replica set \"{made.Metadata.Name}\"", now);
        }

        if (current?.Reason == "DeploymentPaused")
        {
            return New(Progressing, "Unknown", "DeploymentResumed", "Deployment is resumed", now);
        }

        if (current is null)
        {
            return view.New is null ? null : New(Progressing, "True", "FoundNewReplicaSet", $"Found new replica set \"{view.New.Metadata.Name}\"", now);
        }

        if (current.Reason == Done && status.Replicas == status.UpdatedReplicas)
        {
            return null;
        }

        if (IsComplete(view, status))
        {
            return New(Progressing, "True", Done, $"{name} has successfully progressed.", now);
        }

        var progressed = status.UpdatedReplicas > (before.UpdatedReplicas ?? 0)
            || status.Replicas - status.UpdatedReplicas < (before.Replicas ?? 0) - (before.UpdatedReplicas ?? 0)
            || status.ReadyReplicas > (before.ReadyReplicas ?? 0)
            || status.AvailableReplicas > (before.AvailableReplicas ?? 0);
        if (progressed || (current.Reason == Done && plan.Change.Count > 0))
        {
            return New(Progressing, "True", "ReplicaSetUpdated", $"{name} is progressing.", now);
        }

        return current.Reason is not (Done or Deadline) && Until(current, deadline, now) <= TimeSpan.Zero
            ? New(Progressing, "False", Deadline, $"{name} has timed out progressing.", now)
            : null;
    }

    private static TimeSpan Until(Condition current, int deadline, DateTimeOffset now) =>
        (current.LastUpdateTime ?? current.LastTransitionTime ?? now) + TimeSpan.FromSeconds(deadline) - now;

    /// <summary>Unlike <see cref="Conditions.With"/>, progress renews the time of the update even where status and reason stay.</summary>
    private static List<Condition> Replace(List<Condition> conditions, Condition condition)
    {
        if (Conditions.Find(conditions, condition.Type) is { } before && before.Status == condition.Status)
        {
            condition.LastTransitionTime = before.LastTransitionTime;
        }

        return [.. conditions.Where(other => other.Type != condition.Type), condition];
    }

    private static Condition New(string type, string status, string reason, string message, DateTimeOffset now) => new()
    {
        Type = type,
        Status = status,
        Reason = reason,
        Message = message,
        LastUpdateTime = now,
        LastTransitionTime = now,
    };
}
