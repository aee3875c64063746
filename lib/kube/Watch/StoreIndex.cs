using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>Keys of objects by what a function says of them. The caller locks.</summary>
internal sealed class StoreIndex<T>(Func<T, IEnumerable<string>> values)
    where T : class, IKubeObject
{
    private readonly Dictionary<string, HashSet<ObjectKey>> keys = new(StringComparer.Ordinal);

    // The values an object was indexed under, so that it is found again even if the function would now say otherwise.
    private readonly Dictionary<ObjectKey, string[]> indexed = [];

    public void Add(ObjectKey key, T value)
    {
        string[] under = [.. values(value).Distinct(StringComparer.Ordinal)];
        indexed[key] = under;
        foreach (var name in under)
        {
            if (!keys.TryGetValue(name, out var set))
            {
                keys[name] = set = [];
            }

            set.Add(key);
        }
    }

    public void Remove(ObjectKey key)
    {
        if (!indexed.Remove(key, out var under))
        {
            return;
        }

        foreach (var name in under)
        {
            if (keys.TryGetValue(name, out var set) && set.Remove(key) && set.Count == 0)
            {
                keys.Remove(name);
            }
        }
    }

    public IEnumerable<ObjectKey> Find(string value) => keys.TryGetValue(value, out var set) ? set : [];
}
