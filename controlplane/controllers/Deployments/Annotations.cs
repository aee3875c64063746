using System.Globalization;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Deployments;

/// <summary>The annotations by which deployments and kubectl rollout keep their books on replica sets.</summary>
internal static class Annotations
{
    /// <summary>The revision of a replica set, and on a deployment that of its newest one.</summary>
    public const string Revision = "deployment.kubernetes.io/revision";

    /// <summary>Revisions that a replica set had before it was rolled back to, joined by commas.</summary>
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";

    /// <summary>The deployment's replicas when it last sized the replica set.</summary>
    public const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";

    /// <summary>Those plus the surge.</summary>
    public const string MaxReplicas = "deployment.kubernetes.io/max-replicas";

    private static readonly HashSet<string> NotCopied = new(StringComparer.Ordinal)
    {
        "kubectl.kubernetes.io/last-applied-configuration", Revision, RevisionHistory, DesiredReplicas, MaxReplicas, "deprecated.deployment.rollback.to",
    };

    /// <summary>The revision of a replica set; 0 if it has none.</summary>
    public static long RevisionOf(ReplicaSet set) =>
        set.Metadata.Annotations.TryGetValue(Revision, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : 0;

    /// <summary>True if the replica set was last sized for another number of replicas: the deployment has been scaled since.</summary>
    public static bool IsSizedForOther(ReplicaSet set, int replicas) =>
        set.Metadata.Annotations.TryGetValue(DesiredReplicas, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var desired) && desired != replicas;

    /// <summary>The two annotations about size.</summary>
    public static Dictionary<string, string> Sizes(int replicas, int maxSurge) => new(StringComparer.Ordinal)
    {
        [DesiredReplicas] = replicas.ToString(CultureInfo.InvariantCulture),
        [MaxReplicas] = (replicas + maxSurge).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// What the newest replica set's annotations are to become: the deployment's own (kubernetes.io/change-cause among them), the
    /// revision, and in the history the revision it had before.
    /// </summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="existing">The annotations now; empty for a replica set not yet made.</param>
    /// <param name="revision">The revision to have, unless it has a higher one.</param>
    public static Dictionary<string, string> ForNewest(Deployment deployment, IReadOnlyDictionary<string, string> existing, long revision)
    {
        var result = new Dictionary<string, string>(existing, StringComparer.Ordinal);
        foreach (var (key, value) in deployment.Metadata.Annotations)
        {
            if (!NotCopied.Contains(key))
            {
                result[key] = value;
            }
        }

        _ = long.TryParse(existing.GetValueOrDefault(Revision), NumberStyles.None, CultureInfo.InvariantCulture, out var before);
        if (before < revision)
        {
            result[Revision] = revision.ToString(CultureInfo.InvariantCulture);
            if (before > 0)
            {
                var history = existing.GetValueOrDefault(RevisionHistory);
                result[RevisionHistory] = string.IsNullOrEmpty(history) ? $"{before}" : $"{history},{before}";
            }
        }

        return result;
    }
}
