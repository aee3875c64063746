using Podwire.CniCalico.Ipam.Api;

namespace Podwire.CniCalico.Agent.Collect;

/// <summary>What was found to belong to nobody, and since when: only what stays so for the whole grace is given back.</summary>
internal sealed class LeakWatch(TimeSpan grace)
{
    private Dictionary<string, DateTimeOffset> since = new(StringComparer.Ordinal);

    /// <summary>Those of <paramref name="suspects"/> whose grace is over; the others are remembered, and whoever is no suspect any more is forgotten.</summary>
    public IReadOnlyList<string> Ripe(IEnumerable<string> suspects, DateTimeOffset now)
    {
        var next = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        var ripe = new List<string>();
        foreach (var suspect in suspects)
        {
            var first = since.GetValueOrDefault(suspect, now);
            next[suspect] = first;
            if (now - first >= grace)
            {
                ripe.Add(suspect);
            }
        }

        since = next;
        return ripe;
    }

    /// <summary>What identifies a handle's state: one that is changed meanwhile is another suspect.</summary>
    public static string Key(IpamHandle handle) => $"{handle.Spec.HandleID}\n{handle.Metadata.ResourceVersion}";
}
