using System.Text.RegularExpressions;
using Podwire.CniFlannel.Agent.State;
using Podwire.Daemon;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>
/// The command line, flanneld's own: every flag may also stand in the environment as FLANNELD_ and its name in capitals with
/// underscores, and the command line wins.
/// </summary>
internal sealed record FlannelOptions
{
    /// <summary>--kubeconfig-file; null for KUBECONFIG, then the pod's service account, then ~/.kube/config.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>--net-config-path.</summary>
    public string NetConfPath { get; init; } = "/etc/kube-flannel/net-conf.json";

    /// <summary>The name of this node's object.</summary>
    public string NodeName { get; init; } = string.Empty;

    /// <summary>--iface: a name or an address.</summary>
    public string? Interface { get; init; }

    /// <summary>--iface-regex.</summary>
    public string? InterfaceRegex { get; init; }

    /// <summary>--iface-can-reach.</summary>
    public IpAddress? InterfaceCanReach { get; init; }

    /// <summary>--public-ip; null for the interface's own.</summary>
    public IpAddress? PublicIp { get; init; }

    /// <summary>--public-ipv6; null for the interface's own.</summary>
    public IpAddress? PublicIpV6 { get; init; }

    /// <summary>--ip-masq.</summary>
    public bool IpMasq { get; init; }

    /// <summary>--iptables-forward-rules.</summary>
    public bool ForwardRules { get; init; } = true;

    /// <summary>--iptables-resync: how often everything is compared without an event.</summary>
    public TimeSpan Resync { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>--subnet-file.</summary>
    public string SubnetFile { get; init; } = "/run/flannel/subnet.env";

    /// <summary>--healthz-ip.</summary>
    public string HealthzIp { get; init; } = "0.0.0.0";

    /// <summary>--healthz-port; 0 for none.</summary>
    public int HealthzPort { get; init; }

    /// <summary>--kube-annotation-prefix.</summary>
    public string AnnotationPrefix { get; init; } = FlannelAnnotations.DefaultPrefix;

    /// <summary>--set-node-network-unavailable.</summary>
    public bool SetNodeNetworkUnavailable { get; init; } = true;

    /// <summary>-v.</summary>
    public int Verbosity { get; init; }

    /// <summary>The declared flags.</summary>
    public static DaemonFlags Flags() => new DaemonFlags("podwire-flannel", "flannel's node agent: VXLAN or host-gw routes between the pods of a cluster")
    {
        Footer = """
            FILES
              /etc/kube-flannel/net-conf.json  the network: Network, IPv6Network, EnableIPv4, EnableIPv6, Backend
              /run/flannel/subnet.env          written for the CNI plugin flannel
            ENVIRONMENT
              NODE_NAME                        this node's name, unless --hostname-override is given
              FLANNELD_NAME                    any flag, in capitals with underscores
            SIGNALS
              SIGTERM, SIGINT                  end; the data path stays up
            EXIT STATUS
              0 after a signal, 1 for a failure at start, 2 for a wrong command line
            """,
    }
        .Switch("kube-subnet-mgr", "the subnets come from the nodes' spec.podCIDRs; the only mode there is", byDefault: true)
        .Value("kubeconfig-file", "FILE", "how to reach the API server (default KUBECONFIG, the pod's service account, ~/.kube/config)")
        .Value("kubeconfig", "FILE", "the same as --kubeconfig-file")
        .Value("kube-annotation-prefix", "PREFIX", "prefix of the annotations on nodes", FlannelAnnotations.DefaultPrefix)
        .Value("net-config-path", "FILE", "the network's configuration", "/etc/kube-flannel/net-conf.json")
        .Value("hostname-override", "NAME", "this node's name (default NODE_NAME, then the host name)")
        .Value("iface", "NAME-OR-ADDRESS", "the interface to the other nodes (default that of the default route)")
        .Value("iface-regex", "REGEX", "the first interface whose name or IPv4 address matches")
        .Value("iface-can-reach", "ADDRESS", "the interface of the route to this address")
        .Value("public-ip", "ADDRESS", "the IPv4 address that the other nodes reach this one by (default the interface's)")
        .Value("public-ipv6", "ADDRESS", "the IPv6 address that the other nodes reach this one by (default the interface's)")
        .Switch("ip-masq", "masquerade what leaves the pod network")
        .Switch("iptables-forward-rules", "accept forwarded packets from and to the pod network", byDefault: true)
        .Value("iptables-resync", "SECONDS", "how often everything is compared without an event", "5")
        .Value("subnet-file", "FILE", "where to write this node's subnet", "/run/flannel/subnet.env")
        .Value("healthz-ip", "ADDRESS", "where /healthz, /readyz and /metrics are served", "0.0.0.0")
        .Value("healthz-port", "PORT", "their port; 0 for none", "0")
        .Switch("set-node-network-unavailable", "set the node's condition NetworkUnavailable to False", byDefault: true);

    /// <summary>Reads the parsed flags.</summary>
    /// <exception cref="FlagException">A value that cannot be used.</exception>
    public static FlannelOptions From(DaemonFlags flags, Func<string, string?> environment)
    {
        if (!Switch("kube-subnet-mgr"))
        {
            throw new FlagException("--kube-subnet-mgr=false: subnets in etcd are not served");
        }

        var node = Text("hostname-override") ?? NonEmpty(environment("NODE_NAME")) ?? Environment.MachineName;
        return new FlannelOptions
        {
            Kubeconfig = Text("kubeconfig-file") ?? Text("kubeconfig"),
            NetConfPath = Text("net-config-path")!,
            NodeName = node.ToLowerInvariant(),
            Interface = Text("iface"),
            InterfaceRegex = Pattern("iface-regex"),
            InterfaceCanReach = Address("iface-can-reach", null),
            PublicIp = Address("public-ip", IpFamily.V4),
            PublicIpV6 = Address("public-ipv6", IpFamily.V6),
            IpMasq = Switch("ip-masq"),
            ForwardRules = Switch("iptables-forward-rules"),
            Resync = TimeSpan.FromSeconds(Number("iptables-resync", 1, 3600)),
            SubnetFile = Text("subnet-file")!,
            HealthzIp = Text("healthz-ip")!,
            HealthzPort = Number("healthz-port", 0, ushort.MaxValue),
            AnnotationPrefix = Text("kube-annotation-prefix")!,
            SetNodeNetworkUnavailable = Switch("set-node-network-unavailable"),
            Verbosity = flags.Verbosity,
        };

        string? Text(string name) => flags.IsGiven(name)
            ? flags.Get(name)
            : NonEmpty(environment($"FLANNELD_{name.ToUpperInvariant().Replace('-', '_')}")) ?? NonEmpty(flags.Get(name));

        bool Switch(string name) => Text(name) switch
        {
            "true" => true,
            "false" => false,
            var other => throw new FlagException($"--{name} takes true or false, not '{other}'"),
        };

        string? Pattern(string name)
        {
            try
            {
                _ = Regex.IsMatch(string.Empty, Text(name) ?? string.Empty);
                return Text(name);
            }
            catch (RegexParseException e)
            {
                throw new FlagException($"--{name} '{Text(name)}' is no regular expression: {e.Message}");
            }
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
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
