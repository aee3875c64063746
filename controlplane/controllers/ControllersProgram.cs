using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Daemon;
using Podwire.Kube;

namespace Podwire.Controllers;

/// <summary>
/// The scheduler and the controllers: what kube-scheduler and kube-controller-manager do. They run in the API server's process or alone; several
/// at once are not foreseen, there is no leader election.
/// </summary>
public static class ControllersProgram
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs with flags until SIGTERM; the exit code is 0, or 2 for flags that cannot be used.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (!ControllersFlags.TryParse(args, Console.Out, Console.Error, out var flags, out var exitCode))
        {
            return exitCode;
        }

        using var termination = Termination.Handle();
        using var loggers = DaemonLogging.Create(flags.Verbosity);
        using var client = new KubeClient(flags.KubeConfig, new KubeClientOptions { UserAgent = "podwire-controllers" });
        var isReady = false;
        await using var health = new HealthServer(flags.HealthAddress, loggers);
        health.Map("/healthz", () => new HealthReply(200, "ok", "text/plain"))
            .Map("/readyz", () => Volatile.Read(ref isReady) ? new HealthReply(200, "ok", "text/plain") : new HealthReply(503, "waiting for the API server", "text/plain"));
        await health.StartAsync(termination.Token).ConfigureAwait(false);
        await RunAsync(client, flags.Options, loggers, termination.Token, () =>
        {
            Volatile.Write(ref isReady, true);
            SdNotify.Ready("controllers run");
        }).ConfigureAwait(false);
        return 0;
    }

    /// <summary>
    /// Runs until cancelled, then returns. Waits for the API server to answer and for every watch to have synced before anything is written.
    /// A controller whose resources the API server does not serve does not run; the log says so.
    /// </summary>
    /// <param name="client">The API server; it stays the caller's.</param>
    /// <param name="options">The options.</param>
    /// <param name="loggers">Where to log.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="started">Called once, when every controller runs.</param>
    public static async Task RunAsync(KubeClient client, ControllersOptions options, ILoggerFactory loggers, CancellationToken cancel, Action? started = null)
    {
        var logger = loggers.CreateLogger("controllers");
        try
        {
            var served = await DiscoverAsync(client, options, logger, cancel).ConfigureAwait(false);
            var feeds = new ClusterFeeds(client, logger);
            var context = new ControllerContext(client, feeds, options, loggers, options.Time);
            var controllers = ControllerTable.Make(context, served, logger);
            try
            {
                var running = new List<Task> { feeds.RunAsync(served, cancel), context.RunRecordersAsync(cancel) };
                await feeds.WaitForSyncAsync(served, cancel).ConfigureAwait(false);
                running.AddRange(controllers.Select(controller => KeepAsync(controller, logger, cancel)));
                ControllersLog.Started(logger, controllers.Count, string.Join(", ", controllers.Select(controller => controller.Name)));
                started?.Invoke();
                await Task.WhenAll(running).ConfigureAwait(false);
            }
            finally
            {
                foreach (var controller in controllers)
                {
                    (controller as IDisposable)?.Dispose();
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    /// <summary>The API server may still be starting: asks until it answers, and until the resources that nothing works without are there.</summary>
    private static async Task<ServerResources> DiscoverAsync(KubeClient client, ControllersOptions options, ILogger logger, CancellationToken cancel)
    {
        for (var told = false; ; told = true)
        {
            try
            {
                var served = await ServerResources.AskAsync(client, cancel).ConfigureAwait(false);
                if (served.Missing.Count == 0 && served.Serves("pods"))
                {
                    return served;
                }
            }
            catch (Exception failure) when (failure is KubeApiException or HttpRequestException or IOException or TimeoutException or System.Text.Json.JsonException)
            {
                if (!told)
                {
                    ControllersLog.DiscoveryFailed(logger, failure.Message);
                }
            }

            await Task.Delay(Pause, options.Time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Runs one controller, and runs it again should it fail of something unforeseen: the others go on meanwhile.</summary>
    private static async Task KeepAsync(IController controller, ILogger logger, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await controller.RunAsync(cancel).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A fault of one controller must not end the others nor the API server around them; it is logged with its trace.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                ControllersLog.Crashed(logger, controller.Name, Pause.TotalSeconds, failure);
                await Task.Delay(Pause, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
