using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Podwire.Daemon;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet;

/// <summary>The kubelet's flags, where this kubelet has them; what it does not do is refused by name.</summary>
internal static class KubeletFlags
{
    // What people pass to the kubelet and would miss: said to be missing instead of «unknown flag».
    private static readonly (string Name, string Instead)[] NotServed =
    [
        ("container-runtime-endpoint", "only the built-in runtime is served yet"),
        ("pod-manifest-path", "static pods are not served yet"),
        ("config", "a KubeletConfiguration file is not served yet; give flags"),
        ("bootstrap-kubeconfig", "TLS bootstrapping is not served yet; give a kubeconfig with a certificate"),
    ];

    /// <summary>Declares them.</summary>
    public static DaemonFlags Declare()
    {
        var flags = new DaemonFlags("podwire-kubelet", "the node agent: runs the pods that are bound to this node")
        {
            Footer = "Ends on SIGTERM and leaves every container running; the next start takes them up again.\n`podwire-kubelet shim --dir DIR` is the process beside each container and is not for people.",
        }
            .Value("kubeconfig", "FILE", "where the API server is and who we are to it")
            .Value("hostname-override", "NAME", "the node's name instead of the host's")
            .Value("node-ip", "ADDRESS[,ADDRESS]", "the node's addresses; by default the one that leads to the API server")
            .Value("root-dir", "DIR", "pods' state, volumes and logs", "/var/lib/kubelet")
            .Value("cni-conf-dir", "DIR", "CNI network configurations; the first usable one counts", "/etc/cni/net.d")
            .Value("cni-bin-dir", "DIR[,DIR]", "CNI plugins", "/opt/cni/bin")
            .Value("cni-cache-dir", "DIR", "results of CNI ADD, in libcni's format", "/var/lib/cni")
            .Value("address", "ADDRESS", "where the HTTPS server listens", "0.0.0.0")
            .Value("port", "N", "its port, 0 for none", "10250")
            .Value("healthz-bind-address", "ADDRESS", "where the plain /healthz and /metrics are", "127.0.0.1")
            .Value("healthz-port", "N", "their port, 0 for none", "10248")
            .Value("tls-cert-file", "FILE", "the HTTPS server's certificate; by default one made by itself under ROOT_DIR/pki")
            .Value("tls-private-key-file", "FILE", "its key")
            .Value("client-ca-file", "FILE", "whose client certificates are let in; by default the kubeconfig's certificate authority")
            .Value("node-labels", "K=V[,K=V]", "labels the node registers with")
            .Value("register-with-taints", "K=V:EFFECT[,...]", "taints the node registers with")
            .Value("max-pods", "N", "how many pods the node says it takes", "110")
            .Value("cluster-dns", "ADDRESS[,ADDRESS]", "the cluster's DNS servers, for dnsPolicy ClusterFirst")
            .Value("cluster-domain", "NAME", "the cluster's DNS domain", "cluster.local")
            .Value("resolv-conf", "FILE", "the node's resolver configuration", "/etc/resolv.conf")
            .Value("container-log-max-size", "QUANTITY", "when a container's log is rotated", "10Mi")
            .Value("container-log-max-files", "N", "how many log files a container keeps", "5")
            .Value("node-status-update-frequency", "DURATION", "how often the node's status is looked at", "10s");
        foreach (var (name, instead) in NotServed)
        {
            flags.Value(name, "VALUE", $"refused: {instead}");
        }

        return flags;
    }

    /// <summary>The checked options.</summary>
    /// <exception cref="FlagException">A value cannot be used, or is not served; the message names the flag.</exception>
    public static KubeletOptions Read(DaemonFlags flags, KubeConfig config)
    {
        return new()
        {
            Kubeconfig = flags.Get("kubeconfig")!,
            NodeName = (flags.Get("hostname-override") ?? Environment.MachineName).Trim().ToLowerInvariant(),
            NodeIPs = flags.Get("node-ip") is { Length: > 0 } given ? Addresses("node-ip", given) : [AddressTowards(config.Server)],
            RootDirectory = Path.GetFullPath(flags.Get("root-dir")!),
            CniConfDirectory = flags.Get("cni-conf-dir")!,
            CniBinDirectory = flags.Get("cni-bin-dir")!,
            CniCacheDirectory = flags.Get("cni-cache-dir")!,
            Address = Addresses("address", flags.Get("address")!)[0],
            Port = flags.GetInt("port", 0, 65535),
            HealthzAddress = Addresses("healthz-bind-address", flags.Get("healthz-bind-address")!)[0],
            HealthzPort = flags.GetInt("healthz-port", 0, 65535),
            TlsCertFile = Together(flags, "tls-cert-file", "tls-private-key-file"),
            TlsPrivateKeyFile = Together(flags, "tls-private-key-file", "tls-cert-file"),
            ClientCaFile = flags.Get("client-ca-file"),
            NodeLabels = Labels(flags.Get("node-labels") ?? ""),
            Taints = Taints(flags.Get("register-with-taints") ?? ""),
            MaxPods = flags.GetInt("max-pods", 0, 100000),
            ClusterDns = flags.Get("cluster-dns") is { Length: > 0 } dns ? Addresses("cluster-dns", dns) : [],
            ClusterDomain = flags.Get("cluster-domain")!.TrimEnd('.'),
            ResolvConf = flags.Get("resolv-conf")!,
            ContainerLogMaxSize = Quantity.TryParse(flags.Get("container-log-max-size"), out var size) && size.Value > 0
                ? size.Value
                : throw new FlagException($"--container-log-max-size takes a quantity such as 10Mi, not '{flags.Get("container-log-max-size")}'"),
            ContainerLogMaxFiles = flags.GetInt("container-log-max-files", 2, 1000),
            NodeStatusInterval = flags.GetDuration("node-status-update-frequency") is var interval && interval >= TimeSpan.FromSeconds(1)
                ? interval
                : throw new FlagException("--node-status-update-frequency takes at least 1s"),
            ShimCommand = ShimCommand(),
        };
    }

    /// <summary>Refuses what is not served.</summary>
    /// <exception cref="FlagException">Such a flag was given.</exception>
    public static void Refuse(DaemonFlags flags)
    {
        foreach (var (name, instead) in NotServed)
        {
            if (flags.IsGiven(name))
            {
                throw new FlagException($"--{name}: {instead}");
            }
        }

        if (string.IsNullOrEmpty(flags.Get("kubeconfig")))
        {
            throw new FlagException("--kubeconfig is needed");
        }
    }

    /// <summary>This very program, as a shim.</summary>
    internal static IReadOnlyList<string> ShimCommand()
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileName(program) == "dotnet" ? [program, Path.GetFullPath(Environment.GetCommandLineArgs()[0]), "shim"] : [program, "shim"];
    }

    internal static IReadOnlyDictionary<string, string> Labels(string text)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=');
            if (equals <= 0)
            {
                throw new FlagException($"--node-labels takes NAME=VALUE, not '{pair}'");
            }

            labels[pair[..equals]] = pair[(equals + 1)..];
        }

        return labels;
    }

    internal static IReadOnlyList<Taint> Taints(string text)
    {
        var taints = new List<Taint>();
        foreach (var taint in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = taint.LastIndexOf(':');
            var effect = taint[(colon + 1)..];
            if (colon <= 0 || effect is not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
            {
                throw new FlagException($"--register-with-taints takes NAME[=VALUE]:NoSchedule, PreferNoSchedule or NoExecute, not '{taint}'");
            }

            var (name, value) = taint[..colon].Split('=', 2) is [var first, var second] ? (first, second) : (taint[..colon], "");
            taints.Add(new() { Key = name, Value = value, Effect = effect });
        }

        return taints;
    }

    private static string? Together(DaemonFlags flags, string name, string other) =>
        flags.IsGiven(name) == flags.IsGiven(other) ? flags.Get(name) : throw new FlagException($"--{name} and --{other} are needed together");

    private static List<string> Addresses(string flag, string text)
    {
        var addresses = new List<string>();
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            addresses.Add(Primitives.IpAddress.TryParse(word, out var address) ? address.ToString() : throw new FlagException($"--{flag} takes IP addresses, not '{word}'"));
        }

        return addresses;
    }

    /// <summary>The local address of the route to the API server; a UDP socket that is connected sends nothing.</summary>
    private static string AddressTowards(Uri server)
    {
        try
        {
            using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(server.DnsSafeHost, server.Port);
            var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }
        catch (SocketException error)
        {
            throw new FlagException(string.Create(CultureInfo.InvariantCulture, $"--node-ip is needed: no route to {server.DnsSafeHost} ({error.Message})"));
        }
    }
}
