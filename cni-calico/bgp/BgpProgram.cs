using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Podwire.BgpDaemon.Config;
using Podwire.BgpDaemon.Loop;
using Podwire.Daemon;
using Podwire.Netlink;

namespace Podwire.BgpDaemon;

/// <summary>podwire-bgp: a route reflector, or a node's speaker, from one configuration file.</summary>
public static class BgpProgram
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    /// <summary>Runs until SIGTERM. 0 ended as asked, 1 failed, 2 a flag or the configuration cannot be used.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var flags = Declare();
        if (!flags.TryParse(args, Console.Out, Console.Error, out var exitCode))
        {
            return exitCode;
        }

        try
        {
            var path = flags.Get("config") ?? throw new FlagException("--config FILE is missing");
            var reader = new ConfigReader();
            var config = reader.Load(path);
            if (flags.IsSet("check"))
            {
                await Console.Out.WriteLineAsync($"{path}: {config.Neighbors.Count} neighbours, {config.Ranges.Count} ranges").ConfigureAwait(false);
                return 0;
            }

            using var loggers = DaemonLogging.Create(flags.Verbosity);
            return await RunAsync(path, reader, config, flags.Get("shutdown-text"), loggers).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FlagException or ConfigException)
        {
            await Console.Error.WriteLineAsync($"podwire-bgp: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or NetlinkException or SyscallException)
        {
            await Console.Error.WriteLineAsync($"podwire-bgp: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<int> RunAsync(string path, ConfigReader reader, ReflectorConfig config, string? farewell, ILoggerFactory loggers)
    {
        var logger = loggers.CreateLogger("podwire-bgp");
        using var termination = Termination.Handle();
        using var speaker = new SpeakerLoop(config, logger);
        using var ending = termination.Token.Register(speaker.End);
        using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Reload(path, reader, speaker, logger);
        });
        await using var health = config.Metrics.Length == 0 ? null : new HealthServer(config.Metrics, loggers)
            .Map("/metrics", () => speaker.Ask(speaker.Metrics, AnswerTime) is { } text ? new HealthReply(200, text, PrometheusExporter.ContentType) : Stuck)
            .Map("/healthz", () => speaker.Ask(() => "ok", AnswerTime) is { } text ? new HealthReply(200, text + "\n") : Stuck);
        if (health is not null)
        {
            await health.StartAsync(termination.Token).ConfigureAwait(false);
        }

        LoopLog.Started(logger, config.Speaker.Asn, config.Speaker.RouterId, config.Neighbors.Count, config.Ranges.Count);
        WarnOfMesh(config, logger);
        SdNotify.Ready($"AS {config.Speaker.Asn}: {config.Neighbors.Count} neighbours, {config.Ranges.Count} ranges");
        using var watchdog = SdNotify.WatchdogInterval is { } interval ? new Timer(_ => _ = speaker.Ask(() => "ok", AnswerTime) is null ? 0 : Beat(), null, TimeSpan.Zero, interval / 3) : null;
        speaker.Run();
        if (farewell is not null || !config.EndsGracefully)
        {
            speaker.Shutdown(farewell ?? string.Empty);
            LoopLog.Ended(logger, "the neighbours were told");
        }
        else
        {
            LoopLog.Ended(logger, "for a graceful restart, the neighbours keep the routes meanwhile");
        }

        return 0;
    }

    private static HealthReply Stuck => new(503, "the loop does not answer\n");

    private static int Beat()
    {
        SdNotify.Watchdog();
        return 1;
    }

    private static void Reload(string path, ConfigReader reader, SpeakerLoop speaker, ILogger logger)
    {
        try
        {
            var next = reader.Load(path);
            var refusal = speaker.Ask(() => Try(speaker, next), AnswerTime);
            if (refusal is { Length: 0 })
            {
                LoopLog.Reloaded(logger, next.Neighbors.Count, next.Ranges.Count);
                WarnOfMesh(next, logger);
            }
            else
            {
                LoopLog.NotReloaded(logger, refusal ?? "the loop does not answer");
            }
        }
        catch (ConfigException e)
        {
            LoopLog.NotReloaded(logger, e.Message);
        }
    }

    private static string Try(SpeakerLoop speaker, ReflectorConfig next)
    {
        try
        {
            speaker.Reload(next);
            return string.Empty;
        }
        catch (Exception e) when (e is ConfigException or IOException)
        {
            return e.Message;
        }
    }

    private static void WarnOfMesh(ReflectorConfig config, ILogger logger)
    {
        var mesh = config.Neighbors.Count(neighbor => neighbor.Session.Asn == config.Speaker.Asn && !neighbor.Session.IsClient);
        if (mesh >= 100)
        {
            LoopLog.LargeMesh(logger, mesh);
        }
    }

    private static DaemonFlags Declare() => new DaemonFlags("podwire-bgp", "a BGP speaker: route reflector for clusters and gateways, or a node's own")
    {
        Footer = $"""
            {ConfigKeys.Help()}
            SIGNALS
              SIGHUP           read the configuration again; checked whole before anything is changed
              SIGTERM, SIGINT  end: with graceful restart (the top level's gracefulRestart, on unless 0) the connections are closed without a word and the
                               neighbours keep the routes; without it, or with --shutdown-text, they are told
            EXIT STATUS
              0 after a signal, 1 for a failure, 2 for a wrong command line or configuration
            SEE ALSO
              podwire bgp --help, docs/bgp.md
            """,
    }
        .Value("config", "FILE", "the configuration; required")
        .Switch("check", "check the configuration and end")
        .Value("shutdown-text", "TEXT", "end sessions with this text for the neighbours' operators (RFC 9003), instead of gracefully");
}
