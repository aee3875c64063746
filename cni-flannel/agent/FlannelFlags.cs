using System.Text.RegularExpressions;
using Podwire.CniFlannel.Agent.State;
using Podwire.Daemon;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>
/// The command line, flanneld's own: every flag may also stand in the environment as FLANNELD_ and its name in capitals with
/// underscores, and the command line wins.
/// </summary>
internal static class FlannelFlags
{
    // What flanneld's etcd mode and its logging library take: read, and without effect here.
    private static readonly string[] Etcd = ["etcd-endpoints", "etcd-prefix", "etcd-keyfile", "etcd-certfile", "etcd-cafile", "etcd-username", "etcd-password"];
    private static readonly string[] LogValues = ["vmodule", "log_dir", "log_file", "log_file_max_size", "log_backtrace_at", "stderrthreshold"];
    private static readonly string[] LogSwitches = ["logtostderr", "alsologtostderr", "add_dir_header", "skip_headers", "skip_log_headers", "one_output"];

    /// <summary>The declared flags.</summary>
    public static DaemonFlags Declare()
    {
        var flags = new DaemonFlags("podwire-flannel", "flannel's node agent: the way between the pods of a cluster's nodes")
        {
            Footer = """
                FILES
                  /etc/kube-flannel/net-conf.json  the network: Network, IPv6Network, EnableIPv4, EnableIPv6, EnableNFTables, Backend
                  /run/flannel/subnet.env          written for the CNI plugin flannel
                ENVIRONMENT
                  NODE_NAME                        this node's name, unless --hostname-override is given
                  POD_NAME, POD_NAMESPACE          else the pod whose node this is; else the host name
                  FLANNELD_NAME                    any flag, in capitals with underscores
                SIGNALS
                  SIGTERM, SIGINT                  end; the data path stays up, except that of the back end udp
                EXIT STATUS
                  0 after a signal, 1 for a failure at start, 2 for a wrong command line
                """,
        }
            .Switch("kube-subnet-mgr", "the subnets come from the nodes' spec.podCIDRs; the only mode there is", byDefault: true)
            .Value("kubeconfig-file", "FILE", "how to reach the API server (default KUBECONFIG, the pod's service account, ~/.kube/config)")
            .Value("kubeconfig", "FILE", "the same as --kubeconfig-file")
            .Value("kube-api-url", "URL", "the API server, in place of the one that the configuration names")
            .Value("kube-annotation-prefix", "PREFIX", "prefix of the annotations on nodes", FlannelAnnotations.DefaultPrefix)
            .Value("net-config-path", "FILE", "the network's configuration", "/etc/kube-flannel/net-conf.json")
            .Value("hostname-override", "NAME", "this node's name (default NODE_NAME, POD_NAME's node, the host name)")
            .Value("iface", "NAME-OR-ADDRESS", "the interface to the other nodes (default that of the default route); several times: the first that is there")
            .Value("iface-regex", "REGEX", "the first interface whose name or address matches, if no --iface is there; several times: asked in order")
            .Value("iface-can-reach", "ADDRESS", "the interface of the route to this address")
            .Value("public-ip", "ADDRESS", "the IPv4 address that the other nodes reach this one by (default the interface's)")
            .Value("public-ipv6", "ADDRESS", "the IPv6 address that the other nodes reach this one by (default the interface's)")
            .Switch("ip-masq", "masquerade what leaves the pod network")
            .Switch("ip-masq-fully-random-disable", "do not take the source ports of masqueraded connections at random")
            .Switch("ip-blackhole-route", "drop what goes to addresses of this node's subnet that no pod has")
            .Switch("iptables-forward-rules", "accept forwarded packets from and to the pod network", byDefault: true)
            .Value("iptables-resync", "SECONDS", "how often the rules are compared without a notification of the kernel", "5")
            .Value("subnet-file", "FILE", "where to write this node's subnet", "/run/flannel/subnet.env")
            .Value("subnet-lease-renew-margin", "MINUTES", "1 to 1439; of the etcd mode, without effect", "60")
            .Value("healthz-ip", "ADDRESS", "where /healthz, /readyz and /metrics are served", "0.0.0.0")
            .Value("healthz-port", "PORT", "their port; 0 for none", "0")
            .Switch("set-node-network-unavailable", "set the node's condition NetworkUnavailable to False", byDefault: true);
        foreach (var name in Etcd)
        {
            flags.Value(name, "TEXT", "of the etcd mode, without effect");
        }

        foreach (var name in LogValues)
        {
            flags.Value(name, "TEXT", "of flanneld's logging, without effect");
        }

        foreach (var name in LogSwitches)
        {
            flags.Switch(name, "of flanneld's logging, without effect");
        }

        return flags;
    }

    /// <summary>Reads the parsed flags.</summary>
    /// <exception cref="FlagException">A value that cannot be used.</exception>
    public static FlannelOptions Read(DaemonFlags flags, Func<string, string?> environment)
    {
        if (!Switch("kube-subnet-mgr"))
        {
            throw new FlagException("--kube-subnet-mgr=false: subnets in etcd are not served");
        }

        _ = Number("subnet-lease-renew-margin", 1, 1439);
        var node = Text("hostname-override") ?? NonEmpty(environment("NODE_NAME"));
        var pod = node is null && NonEmpty(environment("POD_NAME")) is { } name ? (NonEmpty(environment("POD_NAMESPACE")) ?? "default", name) : ((string, string)?)null;
        return new FlannelOptions
        {
            Kubeconfig = Text("kubeconfig-file") ?? Text("kubeconfig"),
            ApiUrl = Url("kube-api-url"),
            NetConfPath = Text("net-config-path")!,
            NodeName = node?.ToLowerInvariant() ?? (pod is null ? Environment.MachineName.ToLowerInvariant() : string.Empty),
            Pod = pod,
            Interfaces = All("iface"),
            InterfaceRegexes = Patterns("iface-regex"),
            InterfaceCanReach = Address("iface-can-reach", null),
            PublicIp = Address("public-ip", IpFamily.V4),
            PublicIpV6 = Address("public-ipv6", IpFamily.V6),
            IpMasq = Switch("ip-masq"),
            RandomFully = !Switch("ip-masq-fully-random-disable"),
            BlackholeRoute = Switch("ip-blackhole-route"),
            ForwardRules = Switch("iptables-forward-rules"),
            Resync = TimeSpan.FromSeconds(Number("iptables-resync", 1, 3600)),
            SubnetFile = Text("subnet-file")!,
            HealthzIp = Text("healthz-ip")!,
            HealthzPort = Number("healthz-port", 0, ushort.MaxValue),
            AnnotationPrefix = Prefix("kube-annotation-prefix"),
            SetNodeNetworkUnavailable = Switch("set-node-network-unavailable"),
            Verbosity = flags.IsGiven("v") ? flags.Verbosity : NonEmpty(environment("FLANNELD_V")) is { } v && int.TryParse(v, out var level) ? level : 0,
        };

        string? Text(string name) => flags.IsGiven(name)
            ? flags.Get(name)
            : NonEmpty(environment(Variable(name))) ?? NonEmpty(flags.Get(name));

        IReadOnlyList<string> All(string name) =>
            [.. (flags.IsGiven(name) ? flags.GetAll(name) : [environment(Variable(name)) ?? string.Empty]).Where(static value => value.Length > 0)];

        bool Switch(string name) => Text(name) switch
        {
            "true" => true,
            "false" => false,
            var other => throw new FlagException($"--{name} takes true or false, not '{other}'"),
        };

        IReadOnlyList<string> Patterns(string name)
        {
            foreach (var pattern in All(name))
            {
                try
                {
                    _ = Regex.IsMatch(string.Empty, pattern);
                }
                catch (RegexParseException e)
                {
                    throw new FlagException($"--{name} '{pattern}' is no regular expression: {e.Message}");
                }
            }

            return All(name);
        }

        int Number(string name, int least, int most) => int.TryParse(Text(name), out var number) && number >= least && number <= most
            ? number
            : throw new FlagException($"--{name} takes a whole number from {least} to {most}, not '{Text(name)}'");

        IpAddress? Address(string name, IpFamily? family) => Text(name) switch
        {
            null => null,
            var text when IpAddress.TryParse(text, out var address) && (family is null || address.Family == family) => address,
            var text => throw new FlagException($"--{name} '{text}' is not an address of its family"),
        };

        Uri? Url(string name) => Text(name) switch
        {
            null => null,
            var text when Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" => url,
            var text => throw new FlagException($"--{name} '{text}' is not a URL such as https://10.96.0.1:443"),
        };

        string Prefix(string name)
        {
            try
            {
                _ = new FlannelAnnotations(Text(name)!);
                return Text(name)!;
            }
            catch (FormatException e)
            {
                throw new FlagException($"--{name}: {e.Message}");
            }
        }
    }

    private static string Variable(string name) => $"FLANNELD_{name.ToUpperInvariant().Replace('-', '_')}";

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
