using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>
/// The addresses behind wildcards, as pods' own questions were answered. Each counts until its time to live and a grace are over. A wildcard holds so many at
/// most: who asks for ever new names pushes out what was asked for the longest ago, so less is accepted and not more. No I/O, no clock. For one thread.
/// </summary>
/// <param name="grace">How long an address counts beyond its time to live.</param>
/// <param name="limit">The most addresses of one wildcard.</param>
internal sealed class ObservedDomains(TimeSpan grace, int limit = ObservedDomains.MostAddresses)
{
    /// <summary>The most addresses of one wildcard, unless told otherwise.</summary>
    public const int MostAddresses = 4096;

    private static readonly TimeSpan ShortestTtl = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTtl = TimeSpan.FromDays(1);
    private readonly Dictionary<string, Wildcard> wildcards = new(StringComparer.Ordinal);

    /// <summary>The wildcards.</summary>
    public IReadOnlyCollection<string> Wildcards => wildcards.Keys;

    /// <summary>How many addresses there are.</summary>
    public int Count { get; private set; }

    /// <summary>Follows these wildcards from now on; returns those that nobody wants any more.</summary>
    public List<string> Want(IReadOnlySet<string> wanted)
    {
        var gone = new List<string>();
        foreach (var name in new List<string>(wildcards.Keys))
        {
            if (!wanted.Contains(name))
            {
                Count -= wildcards[name].Until.Count;
                wildcards.Remove(name);
                gone.Add(name);
            }
        }

        foreach (var name in wanted)
        {
            wildcards.TryAdd(name, new());
        }

        return gone;
    }

    /// <summary>The wildcards that a name is behind.</summary>
    public List<string> Match(string name)
    {
        var found = new List<string>();
        foreach (var wildcard in DomainWildcard.Around(name))
        {
            if (wildcards.ContainsKey(wildcard))
            {
                found.Add(wildcard);
            }
        }

        return found;
    }

    /// <summary>Takes in an answer about a name behind a wildcard.</summary>
    /// <param name="wildcard">One of <see cref="Wildcards"/>.</param>
    /// <param name="addresses">The addresses.</param>
    /// <param name="ttl">How long they hold.</param>
    /// <param name="now">The time.</param>
    /// <param name="dropped">How many others had to go.</param>
    /// <returns>True if one of them did not count before.</returns>
    public bool Take(string wildcard, IReadOnlyList<IpAddress> addresses, TimeSpan ttl, DateTimeOffset now, out int dropped)
    {
        ttl = ttl < ShortestTtl ? ShortestTtl : ttl > LongestTtl ? LongestTtl : ttl;
        return TakeUntil(wildcard, addresses, now + ttl + grace, out dropped);
    }

    /// <summary>As <see cref="Take"/>, with the time at which they cease to count.</summary>
    public bool TakeUntil(string wildcard, IReadOnlyList<IpAddress> addresses, DateTimeOffset until, out int dropped)
    {
        var into = wildcards[wildcard];
        var isNew = false;
        foreach (var address in addresses)
        {
            if (into.Until.TryGetValue(address, out var node))
            {
                into.Order.Remove(node);
                node.ValueRef.Until = node.ValueRef.Until > until ? node.ValueRef.Until : until;
            }
            else
            {
                isNew = true;
                Count++;
                into.Until[address] = node = new((address, until));
            }

            into.Order.AddLast(node);
        }

        for (dropped = 0; into.Until.Count > limit; dropped++)
        {
            into.Until.Remove(into.Order.First!.Value.Address);
            into.Order.RemoveFirst();
            Count--;
        }

        return isNew;
    }

    /// <summary>The addresses of a wildcard, in order.</summary>
    public IpAddress[] At(string wildcard)
    {
        IpAddress[] found = [.. wildcards[wildcard].Until.Keys];
        Array.Sort(found);
        return found;
    }

    /// <summary>All there is, for a later process.</summary>
    public IEnumerable<(string Wildcard, IpAddress Address, DateTimeOffset Until)> All()
    {
        foreach (var (name, wildcard) in wildcards)
        {
            foreach (var (address, until) in wildcard.Order)
            {
                yield return (name, address, until);
            }
        }
    }

    /// <summary>Forgets what is over. What <paramref name="stay"/> says is in use counts for one grace more.</summary>
    /// <param name="now">The time.</param>
    /// <param name="stay">Of addresses that are over, those that are in use.</param>
    /// <param name="next">When something is over next; null if nothing ever is.</param>
    /// <returns>The wildcards of which something is over.</returns>
    public List<string> Expire(DateTimeOffset now, Func<HashSet<IpAddress>, IReadOnlySet<IpAddress>> stay, out DateTimeOffset? next)
    {
        var over = new HashSet<IpAddress>();
        foreach (var wildcard in wildcards.Values)
        {
            foreach (var (address, until) in wildcard.Order)
            {
                if (until <= now)
                {
                    over.Add(address);
                }
            }
        }

        var kept = over.Count == 0 ? over : stay(over);
        var changed = new List<string>();
        next = null;
        foreach (var (name, wildcard) in wildcards)
        {
            var before = wildcard.Until.Count;
            for (var node = wildcard.Order.First; node is not null;)
            {
                var (at, following) = (node, node.Next);
                if (at.Value.Until <= now && kept.Contains(at.Value.Address))
                {
                    at.ValueRef.Until = now + (grace > ShortestTtl ? grace : ShortestTtl);
                }

                if (at.Value.Until <= now)
                {
                    wildcard.Until.Remove(at.Value.Address);
                    wildcard.Order.Remove(at);
                    Count--;
                }
                else
                {
                    next = next is null || at.Value.Until < next ? at.Value.Until : next;
                }

                node = following;
            }

            if (wildcard.Until.Count != before)
            {
                changed.Add(name);
            }
        }

        return changed;
    }

    private sealed class Wildcard
    {
        public Dictionary<IpAddress, LinkedListNode<(IpAddress Address, DateTimeOffset Until)>> Until { get; } = [];

        /// <summary>The one that was asked for the longest ago is the first.</summary>
        public LinkedList<(IpAddress Address, DateTimeOffset Until)> Order { get; } = [];
    }
}
