using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>Lists of conditions, one of each type. Lists given are not changed; results are new ones.</summary>
internal static class Conditions
{
    /// <summary>The condition of a type, or null.</summary>
    public static Condition? Find(IEnumerable<Condition> conditions, string type) => conditions.FirstOrDefault(condition => condition.Type == type);

    /// <summary>True if the condition of a type has status True.</summary>
    public static bool IsTrue(IEnumerable<Condition> conditions, string type) => Find(conditions, type)?.Status == "True";

    /// <summary>
    /// The list with one condition set. One with the same status and reason stays as it is, times included; one with the same status
    /// keeps the time of its last transition.
    /// </summary>
    public static List<Condition> With(IEnumerable<Condition> conditions, Condition wanted)
    {
        var list = conditions.ToList();
        var at = list.FindIndex(condition => condition.Type == wanted.Type);
        if (at < 0)
        {
            list.Add(wanted);
        }
        else if (list[at].Status != wanted.Status || list[at].Reason != wanted.Reason)
        {
            list[at] = list[at].Status == wanted.Status ? Copy(wanted, list[at].LastTransitionTime) : wanted;
        }

        return list;
    }

    /// <summary>The list without the condition of a type.</summary>
    public static List<Condition> Without(IEnumerable<Condition> conditions, string type) => [.. conditions.Where(condition => condition.Type != type)];

    private static Condition Copy(Condition condition, DateTimeOffset? transition) => new()
    {
        Type = condition.Type,
        Status = condition.Status,
        ObservedGeneration = condition.ObservedGeneration,
        LastHeartbeatTime = condition.LastHeartbeatTime,
        LastProbeTime = condition.LastProbeTime,
        LastUpdateTime = condition.LastUpdateTime,
        LastTransitionTime = transition,
        Reason = condition.Reason,
        Message = condition.Message,
        Unknown = condition.Unknown,
    };
}
