using Microsoft.Extensions.Logging;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.Loop;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using RouteEntry = Podwire.Netlink.Route.RouteEntry;

namespace Podwire.BgpDaemon.Kernel;

/// <summary>
/// The best routes in the kernel's main table, under a protocol number of our own. What an earlier run left is adopted at the start and goes only
/// once the neighbours have had their time. Next hops that are not on a link are looked up in the kernel, and again every two seconds.
/// </summary>
internal sealed partial class KernelRoutes : IDisposable
{
    /// <summary>The protocol number in the kernel's table; «ip route show proto 80» lists ours.</summary>
    public const RouteProtocol Protocol = (RouteProtocol)80;
    private const int PrefixesPerTurn = 1024;
    private const uint DefaultMetricV6 = 1024;
    private const int LookupMilliseconds = 2_000;
    private readonly ILogger logger;
    private readonly int mostHops;
    private readonly RouteSocket socket = RouteSocket.Open();
    private readonly Dictionary<IpPrefix, KernelRoute> installed;
    private readonly HashSet<IpPrefix> adopted;
    private readonly Dictionary<IpAddress, NextHop?> lookups = [];
    private readonly HashSet<IpPrefix> dirty = [];
    private readonly Queue<IpPrefix> waiting = new();
    private readonly HashSet<string> refusals = new(StringComparer.Ordinal);
    private long nextLookup;
    private long nextReading;
    private readonly HashSet<IpPrefix> unresolved = [];
    private readonly HashSet<IpPrefix> excepted = [];
    private long pruneAt = long.MaxValue;
    private bool hasPruned;

    public KernelRoutes(ILogger logger, int mostHops)
    {
        (this.logger, this.mostHops) = (logger, mostHops);
        installed = Read();
        adopted = [.. installed.Keys];
        Adopted = adopted.Count;
        if (Adopted > 0)
        {
            LoopLog.Adopted(logger, Adopted);
        }
    }

    /// <summary>Networks whose routes are somebody else's to put into the kernel.</summary>
    public IReadOnlyList<IpPrefix> Except
    {
        get;
        set
        {
            if (!value.SequenceEqual(field))
            {
                field = value;
                foreach (var prefix in installed.Keys.Concat(excepted).ToArray())
                {
                    Changed(prefix);
                }
            }
        }
    }

    = [];

    /// <summary>How many routes an earlier run had left.</summary>
    public int Adopted { get; }

    /// <summary>How many routes are in the kernel.</summary>
    public int Count => installed.Count;

    /// <summary>How many prefixes have routes of which no next hop can be reached now.</summary>
    public int Unreachable => unresolved.Count;

    /// <summary>True if there is more to do at once.</summary>
    public bool HasWork => waiting.Count > 0;

    /// <summary>When what is left of the earlier run and was not announced again may go; the first call counts.</summary>
    public void PruneAt(long time) => pruneAt = pruneAt == long.MaxValue ? time : pruneAt;

    public void Changed(IpPrefix prefix)
    {
        if (dirty.Add(prefix))
        {
            waiting.Enqueue(prefix);
        }
    }

    /// <summary>Brings a bounded number of prefixes into the kernel.</summary>
    public void Apply(BgpSpeaker speaker, long now)
    {
        if (now >= nextLookup)
        {
            nextLookup = now + LookupMilliseconds;
            if (isDoubtful && waiting.Count == 0 && now >= nextReading)
            {
                // Not while routes go in, and the larger the table the more rarely: reading half a million takes a second.
                nextReading = now + Math.Max(LookupMilliseconds, installed.Count / 10);
                Reread();
            }

            LookAgain();
        }

        var batch = new RouteBatch();
        for (var i = 0; i < PrefixesPerTurn && waiting.TryDequeue(out var prefix); i++)
        {
            dirty.Remove(prefix);
            Put(batch, prefix, Desired(speaker, prefix));
        }

        Send(batch);
        if (!hasPruned && waiting.Count == 0 && now >= pruneAt)
        {
            Prune(speaker);
        }
    }

    public void Dispose() => socket.Dispose();

    private void Send(RouteBatch batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        var (wasRefused, wasThere) = (false, false);
        foreach (var refusal in socket.TryExecute(batch))
        {
            if (refusal.Errno == Errno.EEXIST)
            {
                wasThere = true;
                continue;
            }

            // One that was taken away by somebody else is gone as it should be.
            if (refusal.Errno != Errno.ESRCH)
            {
                wasRefused = isDoubtful = true;
                if (refusals.Add(refusal.Message))
                {
                    LoopLog.KernelRefuses(logger, refusal.Message);
                }
            }
        }

        if (!wasRefused)
        {
            refusals.Clear();
        }

        if (wasThere)
        {
            LeaveToOthers();
        }
        else if (taken.Count > 0)
        {
            taken.ExceptWith(added);
        }

        added.Clear();
    }

    private void Prune(BgpSpeaker speaker)
    {
        hasPruned = true;
        var batch = new RouteBatch();
        var stale = adopted.Where(prefix => Desired(speaker, prefix) is null).ToArray();
        foreach (var prefix in stale)
        {
            Delete(batch, prefix, installed[prefix]);
            installed.Remove(prefix);
        }

        Send(batch);
        adopted.Clear();
        if (stale.Length > 0)
        {
            LoopLog.Pruned(logger, stale.Length);
        }
    }

    private void Put(RouteBatch batch, IpPrefix prefix, KernelRoute? desired)
    {
        var there = installed.GetValueOrDefault(prefix);
        if (doubted.Remove(prefix, out var doubtful) && there is null && desired?.Metric != doubtful.Metric)
        {
            Delete(batch, prefix, doubtful);
        }

        if (desired is null)
        {
            taken.Remove(prefix);
            stolen.Remove(prefix);

            // What was adopted stays until the neighbours had their time: this may be one that has not come back yet.
            if (there is not null && (hasPruned || !adopted.Contains(prefix)))
            {
                Delete(batch, prefix, there);
                installed.Remove(prefix);
            }

            return;
        }

        adopted.Remove(prefix);
        if (desired.Equals(there))
        {
            return;
        }

        installed[prefix] = desired;
        var isStolen = stolen.Remove(prefix);

        // One of another metric is another route to the kernel.
        Put(batch, prefix, desired, there is not null ? there.Metric == desired.Metric : isStolen);
        if (there is not null && there.Metric != desired.Metric)
        {
            Delete(batch, prefix, there);
        }
    }

    private static void Delete(RouteBatch batch, IpPrefix prefix, KernelRoute there) =>
        batch.DeleteRoute(new RouteEntry(prefix) { Protocol = Protocol, Metric = there.Metric == 0 && prefix.Address.IsV6 ? DefaultMetricV6 : there.Metric });

    /// <summary>A replacement takes the place of what is there, whoever has put it there: only what is ours is replaced.</summary>
    private void Put(RouteBatch batch, IpPrefix prefix, KernelRoute desired, bool isOurs)
    {
        if (!isOurs)
        {
            added.Add(prefix);
        }

        if (desired.Hops.Count > 1)
        {
            var several = new MultipathRoute(prefix, desired.Hops) { Protocol = Protocol, Metric = desired.Metric };
            if (isOurs)
            {
                batch.ReplaceRoute(several);
            }
            else
            {
                batch.AddRoute(several);
            }

            return;
        }

        var single = new RouteEntry(prefix) { Gateway = desired.Hops[0].Gateway, InterfaceIndex = desired.Hops[0].InterfaceIndex, Protocol = Protocol, Metric = desired.Metric };
        if (isOurs)
        {
            batch.ReplaceRoute(single);
        }
        else
        {
            batch.AddRoute(single);
        }
    }
}
