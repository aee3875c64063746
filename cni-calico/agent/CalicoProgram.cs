using Podwire.BgpDaemon.Config;
using Podwire.CniCalico.Agent.Cni;
using Podwire.CniCalico.Agent.Collect;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Netlink;

namespace Podwire.CniCalico.Agent;

/// <summary>podwire-calico: a Calico network's node agent.</summary>
public static class CalicoProgram
{
    /// <summary>Runs until SIGTERM or SIGINT. 0 ended as asked, 1 failed, 2 a wrong command line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var flags = Declare();
        if (!flags.TryParse(args, Console.Out, Console.Error, out var exitCode))
        {
            return exitCode;
        }

        try
        {
            return await RunAsync(Read(flags)).ConfigureAwait(false);
        }
        catch (FlagException e)
        {
            return Fail(e.Message, 2);
        }
        catch (Exception e) when (e is KubeConfigException or SyscallException or NetlinkException or IOException or UnauthorizedAccessException or FormatException or ConfigException)
        {
            return Fail(e.Message, 1);
        }
    }

    private static async Task<int> RunAsync(CalicoOptions options)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return Fail("it must run as root: it makes links, routes and packet filter rules", 1);
        }

        using var termination = Termination.Handle();
        using var loggers = DaemonLogging.Create(options.Verbosity);
        var logger = loggers.CreateLogger("calico");
        using var client = new KubeClient(KubeConfig.LoadDefault(options.Kubeconfig), new KubeClientOptions { UserAgent = "podwire-calico" });
        var events = new EventRecorder(client, "podwire-calico", options.NodeName, logger: logger);
        using var metrics = new CalicoMetrics();
        using var exporter = new PrometheusExporter(CalicoMetrics.MeterName);
        using var socket = new PluginSocket(options.Socket, logger);
        CalicoLog.Started(logger, options.NodeName, options.Socket);
        using var agent = new CalicoAgent(options, client, events, metrics, logger, TimeProvider.System);
        var desk = new PluginDesk(client, agent.Watch, agent.Allocator, options.NodeName, () => agent.Problem, TimeProvider.System);
        var collector = new LeakCollector(client, agent.Watch, agent.Allocator, options.NodeName, options.LeakGrace, TimeProvider.System, logger);
        await using var health = options.Health.Length == 0 ? null : new HealthServer(options.Health, loggers)
            .Map("/healthz", static () => HealthReply.Ok)
            .Map("/readyz", () => agent.Problem is { } problem ? HealthReply.Unhealthy(problem) : HealthReply.Ok)
            .MapMetrics("/metrics", exporter);
        var cancel = termination.Token;
        try
        {
            if (health is not null)
            {
                await health.StartAsync(cancel).ConfigureAwait(false);
            }

            await Task.WhenAll(
                agent.Watch.RunAsync(cancel),
                agent.RunAsync(cancel),
                events.RunAsync(cancel),
                agent.Status.RunAsync(cancel),
                socket.RunAsync(desk.AnswerAsync, cancel),
                collector.RunAsync(options.LeakPeriod, cancel),
                TellReadyAsync(agent, cancel)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Asked to end.
        }

        return 0;
    }

    private static async Task TellReadyAsync(CalicoAgent agent, CancellationToken cancel)
    {
        await agent.Ready.WaitAsync(cancel).ConfigureAwait(false);
        SdNotify.Ready("routes and sessions are in place");
    }

    private static CalicoOptions Read(DaemonFlags flags) => new()
    {
        NodeName = (flags.Get("hostname-override") is { Length: > 0 } name ? name : Environment.MachineName).ToLowerInvariant(),
        Kubeconfig = flags.Get("kubeconfig"),
        Socket = flags.Get("socket")!,
        StateSocket = flags.Get("bgp-state-socket")!,
        Directory = flags.Get("state-dir")!,
        Health = flags.Get("healthz-bind-address") ?? string.Empty,
        LeakGrace = flags.GetDuration("leak-grace-period"),
        LeakPeriod = flags.GetDuration("leak-check-period"),
        Resync = flags.GetDuration("resync-period"),
        SessionGrace = flags.GetDuration("session-grace-period"),
        Verbosity = flags.Verbosity,
    };

    private static DaemonFlags Declare() => new DaemonFlags("podwire-calico", "a Calico network's node agent: addresses, routes, tunnels, BGP")
    {
        Footer = """
            FILES
              DIR/mtu, DIR/nodename           what the plugin calico reads (--state-dir)
              out of the API server           crd.projectcalico.org/v1: IPPool, IPAMBlock, BlockAffinity, IPAMHandle, IPAMConfig, IPReservation,
                                              BGPConfiguration, BGPPeer, BGPFilter; docs/calico.md

            SIGNALS
              SIGTERM, SIGINT                 end; pods' routes stay, BGP neighbours keep theirs for a graceful restart

            EXIT STATUS
              0 after a signal, 1 for a failure, 2 for a wrong command line

            SEE ALSO
              podwire bgp --help, docs/calico.md
            """,
    }
        .Value("kubeconfig", "FILE", "how to reach the API server (default: KUBECONFIG, the pod's service account, ~/.kube/config)")
        .Value("hostname-override", "NAME", "this node's name (default: the host name)")
        .Value("socket", "FILE", "where the plugins ask", "/run/podwire-calico/cni.sock")
        .Value("bgp-state-socket", "FILE", "where podwire bgp asks", "/run/podwire-bgp/state.sock")
        .Value("state-dir", "DIR", "where mtu and nodename are written", "/var/lib/calico")
        .Value("healthz-bind-address", "ADDRESS:PORT", "where /healthz, /readyz and /metrics are served (default: nowhere)")
        .Value("leak-grace-period", "DURATION", "how long an address may be without its pod before it is given back", "15m")
        .Value("leak-check-period", "DURATION", "how often is looked for such addresses", "5m")
        .Value("resync-period", "DURATION", "how often the kernel is compared at least", "10s")
        .Value("session-grace-period", "DURATION", "how long a BGPPeer's session may be missed before its status says so", "30s");

    private static int Fail(string message, int code)
    {
        Console.Error.WriteLine($"podwire-calico: {message}");
        return code;
    }
}
