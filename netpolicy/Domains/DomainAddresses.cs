using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>
/// The addresses of one domain name over time. A name may have other addresses in each answer, and a pod may have asked a moment before us: an address
/// counts until its time is over and a grace besides. No I/O, no clock.
/// </summary>
/// <param name="grace">How long an address counts beyond its time to live.</param>
internal sealed class DomainAddresses(TimeSpan grace)
{
    /// <summary>Names with a short time to live are not asked for more often than this.</summary>
    public static readonly TimeSpan ShortestTtl = TimeSpan.FromSeconds(1);

    /// <summary>Names with a long one are asked for this often.</summary>
    public static readonly TimeSpan LongestTtl = TimeSpan.FromHours(1);

    private static readonly TimeSpan AskAgainAfterFailure = TimeSpan.FromSeconds(5);
    private readonly Dictionary<IpAddress, DateTimeOffset> until = [];

    /// <summary>When the name is to be asked for next.</summary>
    public DateTimeOffset Due { get; private set; }

    /// <summary>What went wrong the last time; null if nothing did.</summary>
    public string? Problem { get; private set; }

    /// <summary>Takes in answers of both families.</summary>
    public void Take(IReadOnlyList<DnsReply> replies, DateTimeOffset now)
    {
        var next = LongestTtl;
        foreach (var reply in replies)
        {
            var ttl = TimeSpan.FromSeconds(reply.Ttl);
            ttl = ttl < ShortestTtl ? ShortestTtl : ttl > LongestTtl ? LongestTtl : ttl;
            next = ttl < next ? ttl : next;
            foreach (var address in reply.Addresses)
            {
                until[address] = now + ttl + grace;
            }
        }

        (Due, Problem) = (now + next, null);
    }

    /// <summary>Nobody could say: what is known stays.</summary>
    public void Fail(string problem, DateTimeOffset now) => (Due, Problem) = (now + AskAgainAfterFailure, problem);

    /// <summary>The addresses that count now, in order. While nobody answers those that were known last count on.</summary>
    public IpAddress[] At(DateTimeOffset now)
    {
        var found = new List<IpAddress>();
        foreach (var (address, end) in new Dictionary<IpAddress, DateTimeOffset>(until))
        {
            if (end > now || Problem is not null)
            {
                found.Add(address);
            }
            else
            {
                until.Remove(address);
            }
        }

        found.Sort();
        return [.. found];
    }
}
