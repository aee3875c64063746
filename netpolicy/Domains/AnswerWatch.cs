using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Netlink;
using Podwire.Netlink.Packets;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>
/// Keeps the addresses behind wildcards current: rules hand over the cluster's resolver's answers to pods whose policies have wildcards, and what they say of
/// names behind one counts from then on. Where the kernel lets us hold an answer, the pod gets it when that is in force.
/// </summary>
internal sealed partial class AnswerWatch : IDisposable
{
    private const ushort Number = TableSettings.AnswerNumber;
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    private readonly PolicyState state;
    private readonly KubeClient client;
    private readonly PolicyKernel kernel;
    private readonly string? servers;
    private readonly AnswerPath path;
    private readonly AnswerDesk desk;
    private readonly Func<ImmutableHashSet<IpAddress>> pods;
    private readonly TimeProvider clock;
    private readonly PolicyMetrics metrics;
    private readonly Action<string> overflowed;
    private readonly ILogger logger;
    private readonly ObservedDomains observed;
    private readonly DomainFile file;
    private readonly AnswerReader reader = new();
    private readonly HashSet<string> full = [];
    private readonly SemaphoreSlim changed = new(0, 1);
    private volatile IReadOnlySet<string> wanted = ImmutableHashSet<string>.Empty;
    private CancellationTokenSource woken = new();
    private TaskCompletionSource looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset written;
    private bool isUnwritten;
    private string? problem;

    /// <summary>A watch that begins with <see cref="RunAsync"/>.</summary>
    /// <param name="state">Where the addresses go.</param>
    /// <param name="client">Says where the resolver is.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="options">The resolvers that are believed (null: the cluster's own), the grace, and where addresses are kept for a later process.</param>
    /// <param name="path">How answers are handed over.</param>
    /// <param name="desk">Where answers are held.</param>
    /// <param name="pods">The addresses of pods whose policies have wildcards. Any thread.</param>
    /// <param name="clock">The time.</param>
    /// <param name="metrics">Where it is counted.</param>
    /// <param name="overflowed">Called with a wildcard that has more addresses than are kept. Any thread.</param>
    /// <param name="logger">Where it is logged.</param>
    public AnswerWatch(
        PolicyState state, KubeClient client, PolicyKernel kernel, Config.PolicyOptions options, AnswerPath path, AnswerDesk desk, Func<ImmutableHashSet<IpAddress>> pods,
        TimeProvider clock, PolicyMetrics metrics, Action<string> overflowed, ILogger logger)
    {
        (this.state, this.client, this.kernel, this.path, this.desk, this.pods) = (state, client, kernel, path, desk, pods);
        (this.clock, this.metrics, this.overflowed, this.logger) = (clock, metrics, overflowed, logger);
        servers = options.ClusterDns;
        observed = new(options.DomainGrace);
        file = new(options.DomainFile);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        state.DomainsChanged += Wake;
        Task? listening = null;
        try
        {
            while (true)
            {
                wanted = state.WantedDomains().Where(DomainWildcard.Is).ToImmutableHashSet();
                if (wanted.Count > 0)
                {
                    await FindResolversAsync(cancel).ConfigureAwait(false);
                    listening ??= StartAsync(cancel);
                }

                await Interlocked.Exchange(ref woken, new()).CancelAsync().ConfigureAwait(false);
                Interlocked.Exchange(ref looked, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                var next = changed.WaitAsync(wanted.Count > 0 ? LookAgain : Timeout.InfiniteTimeSpan, cancel);
                await (listening is null ? next : await Task.WhenAny(next, listening).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        finally
        {
            state.DomainsChanged -= Wake;
            if (listening is not null)
            {
                await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Completes when what an earlier process knew of the wildcards that are wanted now counts, and answers are listened to.</summary>
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
    public void Dispose()
    {
        changed.Dispose();
        woken.Dispose();
    }

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

    private async Task FindResolversAsync(CancellationToken cancel)
    {
        var found = new List<ResolverAddress>();
        foreach (var server in await DnsServers.FindAsync(servers, client, cancel).ConfigureAwait(false))
        {
            found.Add(new(IpAddress.FromIPAddress(server.Address), (ushort)server.Port));
        }

        state.SetResolvers([.. found]);
    }

    /// <summary>Returns when what an earlier process knew counts.</summary>
    private Task StartAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        observed.Want(wanted);
        foreach (var (wildcard, address, until) in file.Read())
        {
            if (wanted.Contains(wildcard))
            {
                // What was asked for meanwhile was not seen: one grace, at least, to ask again.
                observed.TakeUntil(wildcard, [address], until > now ? until : now, out _);
            }
        }

        Publish(observed.Wildcards);
        return ListeningThread.RunAsync("dns answers", () => Listen(cancel));
    }
}
