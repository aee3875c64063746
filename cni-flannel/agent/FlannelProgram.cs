using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;

namespace Podwire.CniFlannel.Agent;

/// <summary>podwire-flannel: stands in for <c>flanneld --kube-subnet-mgr</c>.</summary>
public static class FlannelProgram
{
    /// <summary>Runs until SIGTERM or SIGINT; the data path stays up.</summary>
    /// <param name="args">flanneld's flags; see --help.</param>
    /// <returns>0 after a signal, 1 for a failure at start, 2 for a wrong command line.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);

        // Nodes change seldom: a pool thread that spins for more work costs several times what the change does. Read when the first one starts.
        AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", 0);
        var flags = FlannelFlags.Declare();
        if (!flags.TryParse(args, Console.Out, Console.Error, out var exitCode))
        {
            return exitCode;
        }

        try
        {
            return await RunAsync(FlannelFlags.Read(flags, Environment.GetEnvironmentVariable)).ConfigureAwait(false);
        }
        catch (FlagException e)
        {
            return Fail(e.Message, 2);
        }
        catch (OverlayException e)
        {
            return Fail(e.Message, 1);
        }
        catch (Exception e) when (e is KubeConfigException or KubeApiException or HttpRequestException or SyscallException or NetlinkException or IOException or UnauthorizedAccessException or FormatException)
        {
            return Fail(e.Message, 1);
        }
    }

    private static async Task<int> RunAsync(FlannelOptions options)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return Fail("it must run as root: it makes links, routes and packet filter rules", 1);
        }

        using var termination = Termination.Handle();
        using var loggers = DaemonLogging.Create(options.Verbosity);
        var logger = loggers.CreateLogger("flannel");
        using var client = new KubeClient(Config(options), new KubeClientOptions { UserAgent = "podwire-flannel" });
        if (options.Pod is { } pod)
        {
            options = options with { NodeName = await NodeOfAsync(client, pod, termination.Token).ConfigureAwait(false) };
        }

        var events = new EventRecorder(client, "podwire-flannel", options.NodeName, logger: logger);
        NetConf netConf;
        try
        {
            netConf = NetConf.Parse(await File.ReadAllBytesAsync(options.NetConfPath).ConfigureAwait(false));
        }
        catch (NetConfException e)
        {
            await TellAsync(events, options.NodeName, $"{options.NetConfPath}: {e.Message}").ConfigureAwait(false);
            return Fail($"{options.NetConfPath}: {e.Message}", 1);
        }

        var reflector = new Reflector<Node>(client, NodeReader.Resource(new FlannelAnnotations(options.AnnotationPrefix)), options: new ReflectorOptions { Logger = logger });
        using var nftables = NftSocket.Open();
        using var kernel = new NodeKernel(nftables);
        using var metrics = new FlannelMetrics();
        using var exporter = new PrometheusExporter(FlannelMetrics.MeterName);
        FlannelLog.Started(logger, options.NodeName, netConf.Backend.Name, string.Join(", ", netConf.Networks));
        using var agent = new FlannelAgent(options, netConf, reflector.Store, kernel, new NodeRegistration(client, events, TimeProvider.System), metrics, logger, TimeProvider.System);
        var health = options.HealthzPort == 0 ? null : await ServeHealthAsync(options, agent, exporter, loggers, termination.Token).ConfigureAwait(false);
        await using (health)
        {
            var working = Task.WhenAll(reflector.RunAsync(termination.Token), agent.RunAsync(termination.Token), events.RunAsync(termination.Token), TellReadyAsync(agent, termination.Token));
            try
            {
                await working.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (termination.Token.IsCancellationRequested)
            {
                // Asked to end while it waited.
            }
        }

        return 0;
    }

    /// <summary>What says how to reach the API server, with --kube-api-url in place of its address.</summary>
    private static KubeConfig Config(FlannelOptions options)
    {
        if (options.ApiUrl is not { } url)
        {
            return KubeConfig.LoadDefault(options.Kubeconfig);
        }

        if (options.Kubeconfig is null)
        {
            return new KubeConfig { Server = url, Source = "--kube-api-url" };
        }

        var file = KubeConfig.Load(options.Kubeconfig);
        return new KubeConfig
        {
            Server = url,
            Source = file.Source,
            CertificateAuthorityPem = file.CertificateAuthorityPem,
            ClientCertificatePem = file.ClientCertificatePem,
            ClientKeyPem = file.ClientKeyPem,
            Token = file.Token,
            TokenFile = file.TokenFile,
            InsecureSkipTlsVerify = file.InsecureSkipTlsVerify,
            TlsServerName = file.TlsServerName,
            Namespace = file.Namespace,
        };
    }

    private static async Task<string> NodeOfAsync(KubeClient client, (string Namespace, string Name) pod, CancellationToken cancel)
    {
        var found = await client.GetAsync(KubeResources.Pods, pod.Namespace, pod.Name, cancel).ConfigureAwait(false);
        return found.Spec.NodeName is { Length: > 0 } node
            ? node
            : throw new OverlayException($"pod {pod.Namespace}/{pod.Name} (POD_NAMESPACE, POD_NAME) is on no node yet; name this one with NODE_NAME");
    }

    /// <summary>Why this daemon ends, as an event about its node; it waits no longer than five seconds for that.</summary>
    private static async Task TellAsync(EventRecorder events, string node, string reason)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var told = new Node { Metadata = { Name = node } };
        events.Warning(told, "FlannelConfigInvalid", reason);
        await events.DrainAsync(limit.Token).ConfigureAwait(false);
    }

    private static async Task TellReadyAsync(FlannelAgent agent, CancellationToken cancel)
    {
        await agent.Ready.WaitAsync(cancel).ConfigureAwait(false);
        SdNotify.Ready("routes to the other nodes are in place");
    }

    private static async Task<HealthServer?> ServeHealthAsync(FlannelOptions options, FlannelAgent agent, PrometheusExporter exporter, ILoggerFactory loggers, CancellationToken cancel)
    {
        var address = options.HealthzIp.Contains(':', StringComparison.Ordinal) ? $"[{options.HealthzIp}]" : options.HealthzIp;
        var server = new HealthServer($"{address}:{options.HealthzPort}", loggers)
            .Map("/healthz", static () => HealthReply.Ok)
            .Map("/readyz", () => agent.Problem is { } problem ? HealthReply.Unhealthy(problem) : HealthReply.Ok)
            .MapMetrics("/metrics", exporter);
        await server.StartAsync(cancel).ConfigureAwait(false);
        return server;
    }

    private static int Fail(string message, int code)
    {
        Console.Error.WriteLine($"podwire-flannel: {message}");
        return code;
    }
}
