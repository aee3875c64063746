using Microsoft.Extensions.Logging;
using Podwire.Cni;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Nodes;
using Podwire.Kubelet.Pods;
using Podwire.Kubelet.Runtime;
using Podwire.Kubelet.Server;

namespace Podwire.Kubelet;

/// <summary>One kubelet, wired: the node's heartbeat, the pods' workers, the servers.</summary>
internal sealed class KubeletHost : IAsyncDisposable
{
    private readonly KubeletOptions options;
    private readonly ILoggerFactory loggers;
    private readonly ILogger log;
    private readonly KubeClient client;
    private readonly PidWatcher watcher = new();
    private readonly NodeLoop node;
    private readonly EventRecorder events;
    private readonly Reflector<Pod> pods;
    private readonly Reflector<Service> services;
    private readonly PodDispatcher dispatcher;
    private readonly KubeletMetrics metrics;
    private readonly PrometheusExporter exporter = new(KubeletMetrics.Name);
    private readonly KubeletServer server;
    private readonly HealthServer health;

    /// <summary>A kubelet that does nothing until it runs.</summary>
    /// <exception cref="KubeConfigException">Its credentials cannot be used, or there is no authority for its own clients.</exception>
    public KubeletHost(KubeletOptions options, KubeConfig config, ILoggerFactory loggers)
    {
        this.options = options;
        this.loggers = loggers;
        log = loggers.CreateLogger("kubelet");
        client = new(config, new() { UserAgent = "podwire-kubelet" });
        var paths = new KubeletPaths(options.RootDirectory);
        var store = new PodStore(paths);
        var facts = NodeFacts.Read(options.MaxPods);
        var network = new CniNetwork(
            new CniRunner(new() { PluginPath = options.CniBinDirectory.Split(','), CacheDirectory = options.CniCacheDirectory }), options.CniConfDirectory);
        node = new(client, options, facts, network, TimeProvider.System, log);
        events = new(client, "kubelet", options.NodeName, null, log);
        pods = new(client, KubeResources.Pods, null, new() { FieldSelector = $"spec.nodeName={options.NodeName}", Logger = log });
        services = new(client, KubeResources.Services, null, new() { Logger = log });
        dispatcher = new(
            new()
            {
                Paths = paths,
                Store = store,
                Runtime = new(paths, watcher, options.ShimCommand),
                Sandboxes = new(paths, store, network, options.NetnsDirectory, TimeProvider.System),
                Configs = new(paths, new(paths), options),
                Api = new PodApi(client),
                Tell = Tell,
                Services = () => services.Store.List(),
                HostIPs = options.NodeIPs,
                Allocatable = facts.Capacity,
                Log = log,
            },
            pods.Store);
        metrics = new(dispatcher);
        var authorities = options.ClientCaFile is { } file ? File.ReadAllText(file)
            : config.CertificateAuthorityPem ?? throw new KubeConfigException($"{options.Kubeconfig} names no certificate authority: give --client-ca-file");
        server = new(options, dispatcher, paths, new(authorities), exporter, loggers);
        health = new HealthServer(options.HealthzAddress.Contains(':') ? $"[{options.HealthzAddress}]:{options.HealthzPort}" : $"{options.HealthzAddress}:{options.HealthzPort}", loggers)
            .Map("/healthz", () => HealthReply.Ok)
            .MapMetrics("/metrics", exporter);
    }

    /// <summary>The port of the HTTPS server, once it listens.</summary>
    public int Port => server.Port;

    /// <summary>The pods.</summary>
    internal PodDispatcher Dispatcher => dispatcher;

    /// <summary>Runs until <paramref name="cancel"/>; containers go on.</summary>
    /// <exception cref="IOException">A port cannot be had.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(options.RootDirectory);
        if (options.Port > 0)
        {
            await server.StartAsync(cancel);
        }

        if (options.HealthzPort > 0)
        {
            await health.StartAsync(cancel);
        }

        KubeletLog.Serving(log, options.Address, options.Port, options.HealthzAddress, options.HealthzPort);

        // If one part breaks down, the whole ends, for systemd to start anew; containers do not notice.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts =
        [
            node.RunAsync(ending.Token), events.RunAsync(ending.Token), pods.RunAsync(ending.Token), services.RunAsync(ending.Token),
            DispatchAsync(ending.Token), NotifyAsync(ending.Token),
        ];
        var first = await Task.WhenAny(parts);
        await ending.CancelAsync();
        try
        {
            await Task.WhenAll(parts);
        }
        catch (OperationCanceledException)
        {
            // Every part was asked to end.
        }

        if (!cancel.IsCancellationRequested)
        {
            await first;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await health.DisposeAsync();
        metrics.Dispose();
        exporter.Dispose();
        watcher.Dispose();
        client.Dispose();
    }

    private async Task DispatchAsync(CancellationToken cancel)
    {
        // Containers learn of services as they start: wait until they are known.
        await services.WaitForSyncAsync(cancel);
        await dispatcher.RunAsync(cancel);
    }

    private async Task NotifyAsync(CancellationToken cancel)
    {
        await node.Registered.WaitAsync(cancel);
        SdNotify.Ready($"node {options.NodeName}");
        var interval = SdNotify.WatchdogInterval / 2 ?? Timeout.InfiniteTimeSpan;
        while (true)
        {
            await Task.Delay(interval, cancel);
            SdNotify.Watchdog();
        }
    }

    private void Tell(Pod pod, bool warning, string reason, string message)
    {
        if (warning)
        {
            events.Warning(pod, reason, message);
        }
        else
        {
            events.Normal(pod, reason, message);
        }
    }
}
