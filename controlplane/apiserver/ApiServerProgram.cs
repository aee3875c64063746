using System.Net;
using Microsoft.Extensions.Logging;
using Podwire.ApiServer.Security;
using Podwire.ApiServer.Storage;
using Podwire.Daemon;
using Podwire.Primitives;

namespace Podwire.ApiServer;

/// <summary>podwire-apiserver: a stand-in for kube-apiserver with the flags that apply to it.</summary>
public static class ApiServerProgram
{
    private const int FirstPassedDescriptor = 3;

    /// <summary>
    /// Runs until SIGTERM or SIGINT; the exit code: 0 after a clean end, 1 when it cannot serve, 2 for wrong flags.
    /// <paramref name="alongside"/> (controllers and scheduler) is started once the server answers and is ended before it;
    /// its failure ends the server.
    /// </summary>
    public static async Task<int> RunAsync(string[] args, Func<ApiServerHandle, CancellationToken, Task>? alongside = null)
    {
        var flags = Flags();
        if (!flags.TryParse(args, Console.Out, Console.Error, out var exitCode))
        {
            return exitCode;
        }

        ApiServerOptions options;
        IpPrefix? clusterCidr;
        try
        {
            options = Read(flags);
            clusterCidr = flags.Get("cluster-cidr") is { Length: > 0 } cidr ? Prefix("cluster-cidr", cidr) : null;
        }
        catch (FlagException error)
        {
            Console.Error.WriteLine($"podwire-apiserver: {error.Message}; see podwire-apiserver --help");
            return 2;
        }

        using var loggers = DaemonLogging.Create(flags.Verbosity);
        using var termination = Termination.Handle();
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(options.StoreFile)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }

            await using var server = await ApiServerHost.StartAsync(options, loggers: loggers, clusterCidr: clusterCidr);
            WriteKubeconfigs(server.Handle);
            return await ServeAsync(server.Handle, alongside, loggers.CreateLogger("apiserver"), termination.Token);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or SqliteException or System.Security.Cryptography.CryptographicException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"podwire-apiserver: {error.Message}");
            return 1;
        }
    }

    private static async Task<int> ServeAsync(ApiServerHandle handle, Func<ApiServerHandle, CancellationToken, Task>? alongside, ILogger logger, CancellationToken ended)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ended);
        var beside = alongside is null ? null : Task.Run(() => alongside(handle, both.Token), CancellationToken.None);
        SdNotify.Ready($"serving on {handle.Server}");
        using var watchdog = SdNotify.WatchdogInterval is { } interval ? new Timer(_ => SdNotify.Watchdog(), null, TimeSpan.Zero, interval / 2) : null;
        var end = Task.Delay(Timeout.Infinite, ended);
        await Task.WhenAny(beside ?? end, end);
        await both.CancelAsync();
        try
        {
            await (beside ?? Task.CompletedTask);
            return 0;
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception error)
        {
            // Without its controllers the cluster stands still: end, and let systemd start both anew.
            ApiServerLog.AlongsideFailed(logger, error);
            return 1;
        }
    }

    private static void WriteKubeconfigs(ApiServerHandle handle)
    {
        foreach (var identity in new[] { ClientIdentity.Admin, ClientIdentity.Controllers, ClientIdentity.Proxy, ClientIdentity.Flannel, ClientIdentity.Calico, ClientIdentity.NetworkPolicy })
        {
            handle.Kubeconfig(identity);
        }
    }

    private static DaemonFlags Flags() => new DaemonFlags("podwire-apiserver", "the Kubernetes API on one SQLite file, with controllers and scheduler")
    {
        Footer = """
            FILES
              DIR/pki/ca.crt, ca.key          the cluster's certificate authority
              DIR/pki/*.kubeconfig            admin, controllers, proxy, flannel, calico, netpolicy (mode 0600)
              DIR/store.db                    every object

            SIGNALS
              SIGTERM, SIGINT                 end the watches, finish what is under way, exit 0

            Listening sockets passed in by socket activation (LISTEN_FDS) are served besides --bind-address.
            """,
    }
        .Value("bind-address", "ADDRESS", "the address to listen on; 'none' for passed-in sockets only", "127.0.0.1")
        .Value("secure-port", "PORT", "the TCP port to listen on; 0 picks a free one", "6443")
        .Value("advertise-address", "ADDRESS", "where members of the cluster reach this server: the endpoint of the kubernetes Service (default: the bind address)")
        .Value("service-cluster-ip-range", "CIDR", "where ClusterIPs come from", "10.96.0.0/16")
        .Value("service-node-port-range", "FIRST-LAST", "where NodePorts come from", "30000-32767")
        .Value("cluster-cidr", "CIDR", "where the nodes' pod ranges come from (for the controllers)")
        .Value("data-dir", "DIR", "where the store and the PKI are unless --store and --pki-dir say otherwise", "podwire-apiserver")
        .Value("store", "FILE", "the SQLite file (default: DIR/store.db)")
        .Value("pki-dir", "DIR", "the certificates (default: DIR/pki)")
        .Value("cert-extra-addresses", "ADDRESS,...", "more addresses for the serving certificate")
        .Value("kubeconfig-server", "URL", "the server in the kubeconfigs that are written (default: the bind address)")
        .Value("default-watch-cache-size", "N", "how many changes of each resource are kept for watchers", "8192")
        .Value("etcd-servers", "URL,...", "not served yet: the store is one SQLite file");

    private static ApiServerOptions Read(DaemonFlags flags)
    {
        if (flags.IsGiven("etcd-servers"))
        {
            throw new FlagException("--etcd-servers is not served yet: the store is one SQLite file (--store)");
        }

        var data = flags.Get("data-dir")!;
        var (first, last) = PortRange(flags.Get("service-node-port-range")!);
        return new ApiServerOptions
        {
            BindAddress = flags.Get("bind-address") == "none" ? null : Address("bind-address", flags.Get("bind-address")!),
            SecurePort = flags.GetInt("secure-port", 0, 65535),
            ListenDescriptors = PassedDescriptors(),
            AdvertiseAddress = flags.Get("advertise-address") is { Length: > 0 } advertise ? Address("advertise-address", advertise) : null,
            StoreFile = flags.Get("store") ?? Path.Combine(data, "store.db"),
            PkiDirectory = flags.Get("pki-dir") ?? Path.Combine(data, "pki"),
            ServiceClusterIpRange = ServiceRange(flags.Get("service-cluster-ip-range")!),
            FirstNodePort = first,
            LastNodePort = last,
            CertificateAddresses = [.. (flags.Get("cert-extra-addresses") ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => Address("cert-extra-addresses", text))],
            KubeconfigServer = flags.Get("kubeconfig-server"),
            WatchCacheSize = flags.GetInt("default-watch-cache-size", 1, 1_000_000),
        };
    }

    private static IPAddress Address(string flag, string text) => IPAddress.TryParse(text, out var address) ? address : throw new FlagException($"--{flag} takes an IP address, not '{text}'");

    private static IpPrefix Prefix(string flag, string text) => IpPrefix.TryParse(text, out var prefix) ? prefix : throw new FlagException($"--{flag} takes a range such as 10.244.0.0/16, not '{text}'");

    private static IpPrefix ServiceRange(string text)
    {
        var prefix = Prefix("service-cluster-ip-range", text);
        return prefix.Family == IpFamily.V4 && prefix.Length is >= 12 and <= 30
            ? prefix.Masked
            : throw new FlagException($"--service-cluster-ip-range takes one IPv4 range from /12 to /30, not '{text}'");
    }

    private static (int First, int Last) PortRange(string text) =>
        text.Split('-') is [var low, var high] && ushort.TryParse(low, out var first) && ushort.TryParse(high, out var last) && first > 0 && first <= last
            ? (first, last)
            : throw new FlagException($"--service-node-port-range takes a range such as 30000-32767, not '{text}'");

    /// <summary>sd_listen_fds(3): the descriptors are ours if LISTEN_PID names us.</summary>
    private static int[] PassedDescriptors() =>
        int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), out var count) && count > 0
        && Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString()
            ? [.. Enumerable.Range(FirstPassedDescriptor, count)]
            : [];
}
