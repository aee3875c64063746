using System.Runtime.InteropServices;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy.Compile;

/// <summary>The pods of one namespace. By the keys of labels that selectors asked for they are found without looking at all of them.</summary>
internal sealed class NamespacePods
{
    private readonly Dictionary<string, Dictionary<string, List<Entity>>> byKey = [];

    /// <summary>All of them.</summary>
    public HashSet<Entity> All { get; } = [];

    /// <summary>A pod as it is now.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="before">The labels that it had; null for a new one.</param>
    /// <param name="now">The labels that it has; null for one that goes.</param>
    public void Set(Entity pod, LabelSet? before, LabelSet? now)
    {
        _ = now is null ? All.Remove(pod) : All.Add(pod);
        foreach (var (key, values) in byKey)
        {
            var (old, current) = (before?.GetValueOrDefault(key), now?.GetValueOrDefault(key));
            if (old == current)
            {
                continue;
            }

            if (old is not null && values.TryGetValue(old, out var there) && there.Remove(pod) && there.Count == 0)
            {
                values.Remove(old);
            }

            if (current is not null)
            {
                Put(values, current, pod);
            }
        }
    }

    /// <summary>Those among which all are that a selector matches.</summary>
    public IReadOnlyCollection<Entity> Candidates(LabelQuery query)
    {
        if (query.Label is not { } label)
        {
            return All;
        }

        if (!byKey.TryGetValue(label.Key, out var values))
        {
            byKey[label.Key] = values = [];
            foreach (var pod in All)
            {
                if (pod.Pod!.Labels.TryGetValue(label.Key, out var value))
                {
                    Put(values, value, pod);
                }
            }
        }

        return values.TryGetValue(label.Value, out var found) ? found : [];
    }

    private static void Put(Dictionary<string, List<Entity>> values, string value, Entity pod)
    {
        ref var pods = ref CollectionsMarshal.GetValueRefOrAddDefault(values, value, out _);
        (pods ??= []).Add(pod);
    }
}
