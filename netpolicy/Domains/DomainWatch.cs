using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy.Domains;

/// <summary>
/// Keeps the addresses of the domain names that ClusterNetworkPolicies name current: each is asked for when its time to live is over. A name that cannot be
/// resolved keeps what is known of it, which at first is nothing.
/// </summary>
internal sealed class DomainWatch(PolicyState state, KubeClient client, PolicyKernel kernel, string? servers, TimeSpan grace, TimeProvider clock, ILogger logger) : IDisposable
{
    private const int AtOnce = 16;
    private readonly Dictionary<string, DomainAddresses> domains = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim changed = new(0, 1);
    private DnsResolver? resolver;
    private TaskCompletionSource looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        state.DomainsChanged += Wake;
        try
        {
            while (true)
            {
                var next = await LookAsync(cancel).ConfigureAwait(false);
                Interlocked.Exchange(ref looked, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                await changed.WaitAsync(next, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            state.DomainsChanged -= Wake;
        }
    }

    /// <summary>Completes when every name that is wanted now was asked for, or could not be.</summary>
    public async Task LookNowAsync()
    {
        // The look that is under way may have begun before the names were known; the one behind it did not.
        for (var i = 0; i < 2; i++)
        {
            var done = Volatile.Read(ref looked).Task;
            Wake();
            await done.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => changed.Dispose();

    private void Wake()
    {
        try
        {
            changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // It will look anyway.
        }
    }

    /// <summary>Asks for what is due; returns how long nothing is.</summary>
    private async Task<TimeSpan> LookAsync(CancellationToken cancel)
    {
        var wanted = state.WantedDomains();
        wanted.RemoveWhere(DomainWildcard.Is);
        foreach (var name in new List<string>(domains.Keys))
        {
            if (!wanted.Contains(name))
            {
                domains.Remove(name);
                state.SetDomain(name, null);
            }
        }

        if (wanted.Count == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var due = new List<string>();
        foreach (var name in wanted)
        {
            domains.TryAdd(name, new(grace));
            if (domains[name].Due <= clock.GetUtcNow())
            {
                due.Add(name);
            }
        }

        if (due.Count > 0 && (resolver is null || resolver.Servers.Count == 0))
        {
            resolver = new(await DnsServers.FindAsync(servers, client, cancel).ConfigureAwait(false), (family, type, protocol) => kernel.In(() => new Socket(family, type, protocol)));
        }

        for (var at = 0; at < due.Count; at += AtOnce)
        {
            await Task.WhenAll(due.GetRange(at, Math.Min(AtOnce, due.Count - at)).ConvertAll(name => AskAsync(name, cancel))).ConfigureAwait(false);
        }

        var now = clock.GetUtcNow();
        var next = DomainAddresses.LongestTtl;
        var hasFailed = false;
        foreach (var (name, addresses) in domains)
        {
            state.SetDomain(name, addresses.At(now));
            next = addresses.Due - now < next ? addresses.Due - now : next;
            hasFailed |= addresses.Problem is not null;
        }

        // The cluster's resolver may be another one by now.
        resolver = hasFailed ? null : resolver;
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private async Task AskAsync(string name, CancellationToken cancel)
    {
        var addresses = domains[name];
        try
        {
            var replies = await Task.WhenAll(resolver!.ResolveAsync(name, DnsType.A, cancel), resolver.ResolveAsync(name, DnsType.Aaaa, cancel)).ConfigureAwait(false);
            addresses.Take(replies, clock.GetUtcNow());
        }
        catch (DnsException e)
        {
            if (addresses.Problem != e.Message)
            {
                PolicyLog.Unresolved(logger, name, e.Message);
            }

            addresses.Fail(e.Message, clock.GetUtcNow());
        }
    }
}
