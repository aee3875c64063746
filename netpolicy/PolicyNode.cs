using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Iptables;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.Apply.Iptables;
using Podwire.NetPolicy.Arrivals;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.Config;
using Podwire.NetPolicy.Domains;
using Podwire.NetPolicy.Health;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch;
using Podwire.Ruleset;

namespace Podwire.NetPolicy;

/// <summary>The wiring: everything that runs on one node, put together and started.</summary>
internal sealed class PolicyNode : IAsyncDisposable
{
    private static readonly TimeSpan LookAtDomains = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CountAgain = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAfterAll = TimeSpan.FromMinutes(1);
    private readonly PolicyOptions options;
    private readonly PolicyKernel kernel;
    private readonly ILoggerFactory loggers;
    private readonly ILogger logger;
    private readonly PolicyState state = new();
    private readonly EventRecorder events;
    private readonly PolicyFeed feed;
    private readonly PolicySync tables;
    private readonly ArrivalDesk arrivals;
    private readonly ArrivalSocket socket;
    private readonly DomainWatch domains;
    private readonly AnswerWatch answers;
    private readonly PolicyMetrics metrics;
    private readonly PolicyHealth health;
    private readonly ReconcileLoop loop;
    private readonly PrometheusExporter exporter = new(PolicyMetrics.MeterName);
    private readonly Node self;
    private HealthServer? server;
    private volatile bool isReady;

    /// <summary>Puts the parts together; nothing runs yet.</summary>
    public PolicyNode(PolicyOptions options, KubeClient client, PolicyKernel kernel, ILoggerFactory loggers)
    {
        (this.options, this.kernel, this.loggers) = (options, kernel, loggers);
        logger = loggers.CreateLogger("podwire-netpolicy");
        self = new() { Metadata = { Name = options.NodeName, Uid = options.NodeName } };
        events = new(client, "podwire-netpolicy", options.NodeName, logger: logger);
        health = new(options.SyncPeriod, TimeProvider.System);
        tables = new(PolicyBackends.Create(options.Backend, options, kernel, logger), options.NodeName, logger);
        tables.Closed += (count, reason) => events.Warning(self, "NoRoom", $"the kernel has no room for the rules of {count} addresses, which nothing reaches meanwhile: {reason}");
        metrics = new(() => state.PendingCount, () => health.Problem is null, () => tables.ClosedCount);
        feed = new(client, state, events, metrics, logger);
        arrivals = new(state, logger);
        socket = new(options.Socket, arrivals, logger);
        domains = new(state, client, kernel, options.ClusterDns, options.DomainGrace, TimeProvider.System, logger);
        var desk = new AnswerDesk();
        answers = new(
            state, client, kernel, options, tables.Tables.Settings.Answers, desk, () => tables.Model?.Observed ?? [], TimeProvider.System, metrics,
            wildcard => events.Warning(self, "DomainOverflow", $"{wildcard} has more than {ObservedDomains.MostAddresses} addresses: those that were asked for the longest ago do not count any more"), logger);
        var run = new PolicyLoop(options, () => isReady, state, kernel, tables, arrivals, desk, health, metrics, logger);
        loop = new(
            async cancel =>
            {
                try
                {
                    await run.RunOnceAsync(cancel).ConfigureAwait(false);
                }
                catch (Exception e) when (e is NftException or NetlinkException or IptablesException)
                {
                    metrics.Failed();
                    health.Queued();
                    throw;
                }
            },
            new() { Name = "sync", MinInterval = options.MinSyncPeriod, MaxInterval = RunAtLeastEvery(options), Logger = logger });
        state.Changed += OnChanged;
        arrivals.Arrived += loop.Signal;
    }

    /// <summary>Completes once rules were programmed for the first time.</summary>
    public Task FirstSync => health.FirstSync;

    /// <summary>The model; null before the first synchronisation. For one thread: the loop's, or after it ended.</summary>
    public PolicyModel? Model => tables.Model;

    /// <summary>Where /healthz and /metrics are, once they are.</summary>
    public int HealthPort => server?.Port ?? 0;

    /// <summary>Runs until cancelled; the rules stay.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        if (options.HealthzBindAddress.Length > 0)
        {
            server = new HealthServer(options.HealthzBindAddress, loggers).Map("/healthz", health.Healthz).Map("/readyz", health.Readyz).MapMetrics("/metrics", exporter);
            await server.StartAsync(cancel).ConfigureAwait(false);
        }

        // A part that fails takes the others with it: systemd starts the process anew, and the rules stay meanwhile.
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts =
        [
            feed.RunAsync(together.Token),
            events.RunAsync(together.Token),
            loop.RunAsync(together.Token),
            SyncedAsync(together.Token),
            domains.RunAsync(together.Token),
            answers.RunAsync(together.Token),
        ];
        try
        {
            await Task.WhenAny(parts.Append(Task.Delay(Timeout.Infinite, together.Token))).Unwrap().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        finally
        {
            await together.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(parts).WaitAsync(TimeSpan.FromSeconds(5), CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What would change, as nft text.</summary>
    public async Task<string> PlanAsync(CancellationToken cancel)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var following = feed.RunAsync(until.Token);
        await feed.WaitForSyncAsync(cancel).ConfigureAwait(false);
        var plan = tables.Plan(state.Take(everything: true)!);
        await until.CancelAsync().ConfigureAwait(false);
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return plan;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        tables.Tables.Dispose();
        domains.Dispose();
        answers.Dispose();
        exporter.Dispose();
        metrics.Dispose();
    }

    private static TimeSpan RunAtLeastEvery(PolicyOptions options) =>
        SdNotify.WatchdogInterval is { } watchdog && watchdog / 2 < options.SyncPeriod ? watchdog / 2 : options.SyncPeriod;

    /// <summary>
    /// What begins with the first synchronisation: readiness, pods that ask, and listening for changes by others (not before, since the kernel
    /// would have to announce every element of a first load).
    /// </summary>
    private async Task SyncedAsync(CancellationToken cancel)
    {
        var synced = feed.WaitForSyncAsync(cancel);
        await synced.ConfigureAwait(false);
        // What a process before this one put in for domain names would go and come back otherwise.
        await Task.WhenAny(Task.WhenAll(domains.LookNowAsync(), answers.LookNowAsync()), Task.Delay(LookAtDomains, cancel)).ConfigureAwait(false);
        isReady = true;
        loop.Signal();
        await health.FirstSync.WaitAsync(cancel).ConfigureAwait(false);
        // The lists that the first state was read from are garbage now, many times what stays: give the memory back once.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var watching = tables.Tables.WatchAsync(OnForeignChange, OnUnsure, cancel);
        // What happened between the first synchronisation and now was not announced.
        OnUnsure();
        SdNotify.Ready("policies are in force");
        await Task.WhenAny(watching, LookAsync(cancel), socket.RunAsync(cancel).ContinueWith(_ => Task.Delay(Timeout.Infinite, cancel), TaskScheduler.Default).Unwrap()).Unwrap().ConfigureAwait(false);
    }

    /// <summary>
    /// Announcements may be lost without a word: now and then the tables are looked at if anybody committed anything. What is not announced at all is counted more often.
    /// </summary>
    private async Task LookAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(CountAgain);
        var looked = 0;
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            if (HasDrifted() || ++looked * CountAgain >= LookAfterAll)
            {
                looked = 0;
                tables.Suspect();
                loop.Signal();
            }
        }
    }

    private bool HasDrifted()
    {
        try
        {
            return tables.HasDrifted();
        }
        catch (Exception e) when (e is NetlinkException or SyscallException or IptablesException)
        {
            // Then everything is listed in a while.
            return false;
        }
    }

    private void OnChanged()
    {
        if (isReady)
        {
            loop.Signal();
        }
    }

    private void OnForeignChange(string process)
    {
        tables.ForeignChange();
        arrivals.Suspect();
        events.Warning(self, "ForeignChange", $"{process} changed rules of podwire-netpolicy; the change is undone");
        loop.Signal();
    }

    private void OnUnsure()
    {
        tables.Suspect();
        arrivals.Suspect();
        loop.Signal();
    }
}
