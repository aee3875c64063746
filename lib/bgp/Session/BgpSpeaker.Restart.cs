using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <content>Graceful restart (RFC 4724): of the neighbours, and of this speaker.</content>
public sealed partial class BgpSpeaker
{
    /// <summary>The longest wait for the End-of-RIB of a neighbour that has come back, in milliseconds.</summary>
    private const int StaleAfterReturnMilliseconds = 360_000;

    /// <summary>How long a restarted speaker waits for further neighbours of its ranges after one has come, in milliseconds. Nobody tells who they are.</summary>
    private const int RangeReturnMilliseconds = 30_000;

    /// <summary>A session is gone: its routes go too, or are kept while the neighbour restarts (section 4.2).</summary>
    private void Lose(Neighbor neighbor, BgpConnection connection, bool keepsRoutes, long now)
    {
        var restart = connection.Negotiated!.PeerRestart;
        foreach (var family in Families)
        {
            if (keepsRoutes && neighbor.Config.RestartSeconds > 0 && restart is { RestartSeconds: > 0 } && restart.Keeps(family) && connection.Negotiated.Speaks(family))
            {
                // A second restart before the first was over: what was stale already is old enough.
                neighbor.Prefixes -= neighbor.HasStaleRoutes ? Rib(family).Drop(neighbor.Peer.Index, staleOnly: true) : 0;
                Rib(family).MarkStale(neighbor.Peer.Index);
                neighbor.StaleUntil = now + (restart.RestartSeconds * 1000L);
            }
            else
            {
                neighbor.Prefixes -= Rib(family).Drop(neighbor.Peer.Index);
            }
        }

        neighbor.HasStaleRoutes = neighbor.StaleUntil != Neighbor.Never && neighbor.Prefixes > 0;
        neighbor.StaleUntil = neighbor.HasStaleRoutes ? neighbor.StaleUntil : Neighbor.Never;
    }

    /// <summary>A neighbour is back: what it did not keep goes at once, the rest waits for its End-of-RIB.</summary>
    private void Return(Neighbor neighbor, Negotiated agreed, long now)
    {
        if (!neighbor.HasStaleRoutes)
        {
            return;
        }

        foreach (var family in Families)
        {
            if (agreed.PeerRestart is not { } restart || !restart.Keeps(family) || !restart.Forwards(family) || !agreed.Speaks(family))
            {
                neighbor.Prefixes -= Rib(family).Drop(neighbor.Peer.Index, staleOnly: true);
            }
        }

        neighbor.StaleUntil = now + StaleAfterReturnMilliseconds;
    }

    private void HandleEndOfRib(Neighbor neighbor, IpFamily family)
    {
        neighbor.HasEndOfRib[IndexOf(family)] = true;
        if (neighbor.HasStaleRoutes)
        {
            neighbor.Prefixes -= Rib(family).Drop(neighbor.Peer.Index, staleOnly: true);
            // A neighbour that restarts sends its marks too, one for each family.
            if (HasAllMarks(neighbor))
            {
                (neighbor.HasStaleRoutes, neighbor.StaleUntil) = (false, Neighbor.Never);
            }
        }

        if (IsDeferring && ranges.Count == 0 && HasHeardAll())
        {
            EndDeferral();
        }
    }

    /// <summary>Every neighbour that is known has told its routes; one of a range is known while it is here.</summary>
    private bool HasHeardAll() => neighbors.Values.All(other => other.IsDisabled || HasAllRoutes(other) || (other.IsDynamic && other.Session is null));

    /// <summary>A neighbour has come back: with ranges, others may follow it.</summary>
    private void AwaitRange(long now)
    {
        if (IsDeferring && ranges.Count > 0)
        {
            rangeReturned = Math.Min(now + RangeReturnMilliseconds, deferralEnds);
        }
    }

    /// <summary>All of a neighbour's routes are here, or it restarts itself and waits for ours (section 4.1).</summary>
    private static bool HasAllRoutes(Neighbor neighbor) => neighbor.Session?.Negotiated is { } agreed && (agreed.PeerRestart?.IsRestarting == true || HasAllMarks(neighbor));

    /// <summary>The End-of-RIB of every family of the session has come.</summary>
    private static bool HasAllMarks(Neighbor neighbor) => neighbor.Session?.Negotiated is { } agreed && Families.All(family => !agreed.Speaks(family) || neighbor.HasEndOfRib[IndexOf(family)]);

    private void DropStale(Neighbor neighbor, string reason)
    {
        foreach (var rib in ribs)
        {
            neighbor.Prefixes -= rib.Drop(neighbor.Peer.Index, staleOnly: true);
        }

        (neighbor.HasStaleRoutes, neighbor.StaleUntil) = (false, Neighbor.Never);
        host.Report(neighbor, $"the routes kept over its restart are dropped: {reason}");
    }

    private void TickDeferral(long now)
    {
        if (now >= deferralEnds || HasHeardAll())
        {
            EndDeferral();
        }
        else
        {
            rangeReturned = now + 1000;
        }
    }

    /// <summary>The restart is over: from now on the neighbours are told routes.</summary>
    private void EndDeferral()
    {
        deferralEnds = 0;
        foreach (var export in neighbors.Values.SelectMany(neighbor => neighbor.Session?.Exports ?? []))
        {
            if (export is not null)
            {
                export.IsHeldBack = false;
            }
        }
    }
}
