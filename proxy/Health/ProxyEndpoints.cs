using Microsoft.Extensions.Logging;
using Podwire.Daemon;
using Podwire.Proxy.Config;

namespace Podwire.Proxy.Health;

/// <summary>The two HTTP servers that kube-proxy has: health for load balancers and probes, metrics for the node itself.</summary>
internal sealed class ProxyEndpoints(ProxyOptions options, ProxyHealth health, ILoggerFactory loggers) : IAsyncDisposable
{
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(5);
    private readonly PrometheusExporter exporter = new(ProxyMetrics.MeterName);
    private readonly CancellationTokenSource ended = new();
    private readonly ILogger logger = loggers.CreateLogger("podwire-proxy");
    private HealthServer? healthServer;
    private HealthServer? metricsServer;

    /// <summary>The port of /healthz and /livez, once it listens.</summary>
    public int HealthPort => healthServer?.Port ?? 0;

    /// <summary>The port of /metrics and /proxyMode, once it listens.</summary>
    public int MetricsPort => metricsServer?.Port ?? 0;

    /// <summary>Starts both; an address that cannot be had is tried again, unless bindAddressHardFail is set.</summary>
    /// <exception cref="IOException">It is set, and an address cannot be had.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        if (options.HealthzBindAddress.Length > 0)
        {
            await StartAsync(
                () => new HealthServer(options.HealthzBindAddress, loggers).Map("/healthz", health.Healthz).Map("/livez", health.Livez),
                server => healthServer = server,
                cancel).ConfigureAwait(false);
        }

        if (options.MetricsBindAddress.Length > 0)
        {
            await StartAsync(
                () => new HealthServer(options.MetricsBindAddress, loggers)
                    .MapMetrics("/metrics", exporter)
                    .Map("/proxyMode", () => new(200, ProxyValues.NameOf(options.Mode)))
                    .Map("/configz", () => HealthReply.Json(200, ConfigzText.Write(options)))
                    .Map("/healthz", static () => HealthReply.Ok),
                server => metricsServer = server,
                cancel).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync().ConfigureAwait(false);
        foreach (var server in (HealthServer?[])[healthServer, metricsServer])
        {
            if (server is not null)
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }
        }

        exporter.Dispose();
        ended.Dispose();
    }

    private async Task StartAsync(Func<HealthServer> make, Action<HealthServer> keep, CancellationToken cancel)
    {
        var server = make();
        try
        {
            await server.StartAsync(cancel).ConfigureAwait(false);
            keep(server);
        }
        catch (IOException e) when (!options.BindAddressHardFail)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            HealthLog.CannotListen(logger, e.Message);
            _ = Task.Delay(TryAgain, ended.Token).ContinueWith(_ => StartAsync(make, keep, ended.Token), ended.Token, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }
}
