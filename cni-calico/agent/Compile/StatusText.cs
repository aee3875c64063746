using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>An object's status as it has to be. True where that is another than it has. Pure.</summary>
internal static class StatusText
{
    /// <summary>More sessions of one BGPPeer than these are not told by name.</summary>
    public const int MostSessions = 10;
    private const int MostNamed = 3;

    /// <summary>The condition Accepted: False with what is wrong, True once that is mended; none for what never was wrong.</summary>
    public static bool SetAccepted(IStatusObject value, string? problem, DateTimeOffset now)
    {
        if (problem is null && Find(value, CalicoStatus.Accepted) is null)
        {
            return false;
        }

        return problem is null ? Set(value, CalicoStatus.Accepted, true, "Accepted", string.Empty, now) : Set(value, CalicoStatus.Accepted, false, "MakesNoSense", problem, now);
    }

    /// <summary>This node's sessions among those of all nodes, and the condition Established that follows from all of them.</summary>
    public static bool SetSessions(BgpPeer value, string node, IEnumerable<SessionFailure> missed, Func<string, bool> isThere, DateTimeOffset now)
    {
        var stored = value.Status?.Sessions ?? [];
        var wanted = stored.Where(entry => entry.Node != node && isThere(entry.Node)).ToList();
        foreach (var failure in missed.OrderBy(static failure => failure.Peer))
        {
            // The others are no fewer for want of a place; one that gets free is taken.
            if (wanted.Count < MostSessions)
            {
                wanted.Add(new BgpSessionFailure { Node = node, Peer = failure.Peer.ToString(), Message = failure.Reason });
            }
        }

        wanted.Sort(static (a, b) => (a.Node, a.Peer).CompareTo((b.Node, b.Peer)));
        var changed = !stored.Select(Key).SequenceEqual(wanted.Select(Key));
        if (changed)
        {
            (value.Status ??= new CalicoStatus()).Sessions = wanted;
        }

        if (wanted.Count > 0)
        {
            var named = string.Join("; ", wanted.Take(MostNamed).Select(static entry => $"{entry.Node} has no session with {entry.Peer}: {entry.Message}"));
            changed |= Set(value, CalicoStatus.Established, false, "NoSession", wanted.Count > MostNamed ? $"{named}; and {wanted.Count - MostNamed} more" : named, now);
        }
        else if (Find(value, CalicoStatus.Established) is not null)
        {
            changed |= Set(value, CalicoStatus.Established, true, "Established", string.Empty, now);
        }

        return changed;

        static (string, string, string) Key(BgpSessionFailure entry) => (entry.Node, entry.Peer, entry.Message);
    }

    /// <summary>The generation that a condition is about; none for blocks, which change with every pod, but never in what is judged.</summary>
    public static long? GenerationOf(IStatusObject value) => value is IpamBlock ? null : value.Metadata.Generation;

    private static Condition? Find(IStatusObject value, string type) => value.Status?.Conditions.Find(condition => condition.Type == type);

    private static bool Set(IStatusObject value, string type, bool holds, string reason, string message, DateTimeOffset now)
    {
        var status = holds ? "True" : "False";
        var there = Find(value, type);
        if (there is not null && (there.Status, there.Reason, there.Message ?? string.Empty, there.ObservedGeneration) == (status, reason, message, GenerationOf(value)))
        {
            return false;
        }

        if (there is null)
        {
            there = new Condition { Type = type };
            (value.Status ??= new CalicoStatus()).Conditions.Add(there);
        }

        // Whole seconds, as the API server keeps them.
        there.LastTransitionTime = there.Status == status ? there.LastTransitionTime : DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        (there.Status, there.Reason, there.Message, there.ObservedGeneration) = (status, reason, message, GenerationOf(value));
        return true;
    }
}
