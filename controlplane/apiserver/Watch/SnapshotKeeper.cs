using System.Collections.Concurrent;

namespace Podwire.ApiServer.Watch;

/// <summary>
/// Keeps the snapshots that continue tokens point to, for <see cref="Lifetime"/>. Snapshots share their objects with the cache,
/// so one costs a pointer per object. After that, or after a restart, the token has expired (410).
/// </summary>
internal sealed class SnapshotKeeper(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Resource, long Revision), (ResourceSnapshot Snapshot, DateTimeOffset Until)> kept = new();

    public static TimeSpan Lifetime { get; } = TimeSpan.FromMinutes(5);

    public void Keep(string resource, ResourceSnapshot snapshot)
    {
        var now = time.GetUtcNow();
        foreach (var (key, value) in kept)
        {
            if (value.Until < now)
            {
                kept.TryRemove(key, out _);
            }
        }

        kept[(resource, snapshot.Revision)] = (snapshot, now + Lifetime);
    }

    public ResourceSnapshot? Find(string resource, long revision) =>
        kept.TryGetValue((resource, revision), out var entry) && entry.Until >= time.GetUtcNow() ? entry.Snapshot : null;
}
