using Podwire.CniFlannel.Agent.State;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>What the command line and the environment say; <see cref="FlannelFlags"/> reads them.</summary>
internal sealed record FlannelOptions
{
    /// <summary>--kubeconfig-file; null for KUBECONFIG, then the pod's service account, then ~/.kube/config.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>--kube-api-url: the API server in place of the one that the configuration names; null for that.</summary>
    public Uri? ApiUrl { get; init; }

    /// <summary>--net-config-path.</summary>
    public string NetConfPath { get; init; } = "/etc/kube-flannel/net-conf.json";

    /// <summary>The name of this node's object; empty if the pod named by <see cref="Pod"/> tells it.</summary>
    public string NodeName { get; init; } = string.Empty;

    /// <summary>POD_NAMESPACE and POD_NAME, where nothing else names the node.</summary>
    public (string Namespace, string Name)? Pod { get; init; }

    /// <summary>--iface: names or addresses; the first that is there is taken.</summary>
    public IReadOnlyList<string> Interfaces { get; init; } = [];

    /// <summary>--iface-regex: asked in order where no --iface is there.</summary>
    public IReadOnlyList<string> InterfaceRegexes { get; init; } = [];

    /// <summary>--iface-can-reach.</summary>
    public IpAddress? InterfaceCanReach { get; init; }

    /// <summary>--public-ip; null for the interface's own.</summary>
    public IpAddress? PublicIp { get; init; }

    /// <summary>--public-ipv6; null for the interface's own.</summary>
    public IpAddress? PublicIpV6 { get; init; }

    /// <summary>--ip-masq.</summary>
    public bool IpMasq { get; init; }

    /// <summary>Source ports of masqueraded connections are taken at random (not --ip-masq-fully-random-disable).</summary>
    public bool RandomFully { get; init; } = true;

    /// <summary>--ip-blackhole-route.</summary>
    public bool BlackholeRoute { get; init; }

    /// <summary>--iptables-forward-rules.</summary>
    public bool ForwardRules { get; init; } = true;

    /// <summary>--iptables-resync: how often the rules are compared without a notification.</summary>
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
}
