using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Nftables;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Config;
using Podwire.Proxy.Flows;
using Podwire.Proxy.Health;
using Podwire.Proxy.State;
using Podwire.Proxy.Verify;
using Podwire.Proxy.Watch;
using Podwire.Ruleset;

namespace Podwire.Proxy;

/// <summary>The wiring: everything that runs on one node, put together and started.</summary>
internal sealed class ProxyNode : IAsyncDisposable
{
    private readonly ProxyOptions options;
    private readonly ProxyKernel kernel;
    private readonly ILogger logger;
    private readonly ProxyState state;
    private readonly EventRecorder events;
    private readonly ServiceFeed feed;
    private readonly NodeTables tables;
    private readonly ProxyMetrics metrics;
    private readonly ProxyHealth health;
    private readonly HealthCheckNodePorts nodePorts;
    private readonly ProxyEndpoints endpoints;
    private readonly ReconcileLoop loop;
    private readonly Node self;

    /// <summary>Puts the parts together; nothing runs yet.</summary>
    public ProxyNode(ProxyOptions options, KubeClient client, ProxyKernel kernel, ILoggerFactory loggers)
    {
        (this.options, this.kernel) = (options, kernel);
        logger = loggers.CreateLogger("podwire-proxy");
        state = new(new() { Name = options.NodeName });
        self = new() { Metadata = { Name = options.NodeName, Uid = options.NodeName } };
        events = new(client, "podwire-proxy", options.NodeName, logger: logger);
        feed = new(client, state, events, options.NodeName, logger);
        metrics = new(() => state.PendingCount);
        health = new(state, metrics, options.SyncPeriod, TimeProvider.System);
        nodePorts = new(() => health.IsCurrent, ServiceProblem, loggers);
        tables = new(kernel.Nft, OnRepaired, logger);
        var run = new ProxyLoop(options, feed, state, tables, new FlowReconciler(tables, kernel.Flows, metrics, logger), nodePorts, ServiceProblem, health);
        loop = new(
            async cancel =>
            {
                try
                {
                    await run.RunOnceAsync(cancel).ConfigureAwait(false);
                }
                catch (NftException)
                {
                    metrics.Failed();
                    health.Queued();
                    throw;
                }
            },
            new() { Name = "sync", MinInterval = options.MinSyncPeriod, MaxInterval = RunAtLeastEvery(options), Logger = logger });
        endpoints = new(options, health, loggers);
        state.Changed += OnChanged;
    }

    /// <summary>Completes once rules were programmed for the first time.</summary>
    public Task FirstSync => health.FirstSync;

    /// <summary>What it answers over HTTP.</summary>
    public ProxyEndpoints Endpoints => endpoints;

    /// <summary>The model of a family; null before the first synchronisation.</summary>
    public TableModel? ModelOf(Primitives.IpFamily family) => tables.Model(family);

    /// <summary>Runs until cancelled; the rules stay.</summary>
    /// <param name="openMonitor">Opens the kernel's announcements, in the right network namespace.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(Func<NftMonitor> openMonitor, CancellationToken cancel)
    {
        await endpoints.StartAsync(cancel).ConfigureAwait(false);
        // A part that fails takes the others with it: systemd starts the process anew, and the rules stay meanwhile.
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts =
        [
            feed.RunAsync(together.Token),
            events.RunAsync(together.Token),
            loop.RunAsync(together.Token),
            SyncedAsync(openMonitor, together.Token),
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
        var snapshot = state.Take(everything: true)!;
        var plan = tables.Plan(snapshot, family => TableSettings.Of(options, snapshot.Node, family)).ToList();
        await until.CancelAsync().ConfigureAwait(false);
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return string.Concat(plan.Select(NftText.Write));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await endpoints.DisposeAsync().ConfigureAwait(false);
        await nodePorts.DisposeAsync().ConfigureAwait(false);
        metrics.Dispose();
    }

    private static TimeSpan RunAtLeastEvery(ProxyOptions options) =>
        SdNotify.WatchdogInterval is { } watchdog && watchdog / 2 < options.SyncPeriod ? watchdog / 2 : options.SyncPeriod;

    /// <summary>
    /// What begins with the first synchronisation: readiness, and listening for changes by others (not before, since the kernel
    /// would have to announce every element of a first load).
    /// </summary>
    private async Task SyncedAsync(Func<NftMonitor> openMonitor, CancellationToken cancel)
    {
        var synced = feed.WaitForSyncAsync(cancel);
        await synced.ConfigureAwait(false);
        loop.Signal();
        await health.FirstSync.WaitAsync(cancel).ConfigureAwait(false);
        // The lists that the first state was read from are garbage now, many times what stays: give the memory back once.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var watch = new ForeignChangeWatch(openMonitor(), kernel.NftPort, OnForeignChange, OnUnsure, logger);
        // What happened between the first synchronisation and now was not announced.
        OnUnsure();
        SdNotify.Ready("rules are programmed");
        await watch.RunAsync(cancel).ConfigureAwait(false);
    }

    private void OnChanged()
    {
        if (feed.HasSynced)
        {
            loop.Signal();
        }
    }

    private void OnForeignChange(string process)
    {
        tables.ForeignChange();
        events.Warning(self, "ForeignChange", $"{process} changed the table {TableSchema.TableName}; the change is undone");
        loop.Signal();
    }

    private void OnUnsure()
    {
        tables.Suspect();
        loop.Signal();
    }

    private void OnRepaired(SyncOutcome outcome) => metrics.Repaired();

    private void ServiceProblem(ServiceRecord service, string problem) => events.Warning(
        new Service { Metadata = { Namespace = service.Key.Namespace, Name = service.Key.Name, Uid = service.Uid } }, "ProxySkipped", problem);
}
