using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Config;
using Podwire.Proxy.Flows;
using Podwire.Proxy.Health;
using Podwire.Proxy.State;
using Podwire.Proxy.Verify;
using Podwire.Proxy.Watch;

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
    private readonly IServiceDataPlane plane;
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
        feed = new(client, state, events, options.NodeName, options.ServiceCidrs.Count == 0, logger);
        metrics = new(options.Mode, () => state.PendingChanges);
        health = new(state, metrics, options.SyncPeriod, TimeProvider.System);
        nodePorts = new(() => health.IsCurrent, ServiceProblem, loggers);
        plane = ServiceDataPlanes.Create(options.Mode, options, kernel, OnRepaired, logger);
        var run = new ProxyLoop(feed, state, plane, new FlowReconciler(plane, kernel.Flows, metrics, logger), nodePorts, ServiceProblem, health, new ModeSwitch(options, kernel, plane, logger));
        loop = new(
            async cancel =>
            {
                try
                {
                    await run.RunOnceAsync(cancel).ConfigureAwait(false);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    metrics.Failed(e);
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

    /// <summary>What directs the traffic.</summary>
    public IServiceDataPlane DataPlane => plane;

    /// <summary>Runs until cancelled; the rules stay.</summary>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await endpoints.StartAsync(cancel).ConfigureAwait(false);
        // A part that fails takes the others with it: systemd starts the process anew, and the rules stay meanwhile.
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts =
        [
            feed.RunAsync(together.Token),
            events.RunAsync(together.Token),
            loop.RunAsync(together.Token),
            SyncedAsync(together.Token),
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

    /// <summary>What would change, as text.</summary>
    public async Task<string> PlanAsync(CancellationToken cancel)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var following = feed.RunAsync(until.Token);
        await feed.WaitForSyncAsync(cancel).ConfigureAwait(false);
        var snapshot = state.Take(everything: true)!;
        var plan = plane.Plan(snapshot);
        await until.CancelAsync().ConfigureAwait(false);
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return plan;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await endpoints.DisposeAsync().ConfigureAwait(false);
        await nodePorts.DisposeAsync().ConfigureAwait(false);
        metrics.Dispose();
        plane.Dispose();
    }

    private static TimeSpan RunAtLeastEvery(ProxyOptions options) =>
        SdNotify.WatchdogInterval is { } watchdog && watchdog / 2 < options.SyncPeriod ? watchdog / 2 : options.SyncPeriod;

    /// <summary>
    /// What begins with the first synchronisation: readiness, and listening for changes by others (not before, since the kernel
    /// would have to announce every element of a first load).
    /// </summary>
    private async Task SyncedAsync(CancellationToken cancel)
    {
        var synced = feed.WaitForSyncAsync(cancel);
        await synced.ConfigureAwait(false);
        loop.Signal();
        await health.FirstSync.WaitAsync(cancel).ConfigureAwait(false);
        // The lists that the first state was read from are garbage now, many times what stays: give the memory back once.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        WarnOfMarkClash();
        var watch = plane.WatchAsync(OnForeignChange, loop.Signal, cancel);
        SdNotify.Ready("rules are programmed");
        await watch.ConfigureAwait(false);
    }

    private void WarnOfMarkClash()
    {
        try
        {
            foreach (var user in MarkClash.Find(kernel.Namespace, options.MasqueradeMark))
            {
                ProxyLog.MarkClash(logger, options.MasqueradeMark, user);
                events.Warning(self, "MarkClash", $"{user} uses bit 0x{options.MasqueradeMark:x} of the packet mark, by which the proxy masquerades: set masqueradeBit to another one");
            }
        }
        catch (Exception e) when (e is Netlink.NetlinkException or Netlink.SyscallException or IOException)
        {
            ProxyLog.MarkUnchecked(logger, e.Message);
        }
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
        events.Warning(self, "ForeignChange", $"{process} changed rules of the proxy; the change is undone");
        loop.Signal();
    }

    private void OnRepaired(SyncOutcome outcome) => metrics.Repaired();

    private void ServiceProblem(ServiceRecord service, string problem) => events.Warning(
        new Service { Metadata = { Namespace = service.Key.Namespace, Name = service.Key.Name, Uid = service.Uid } }, "ProxySkipped", problem);
}
