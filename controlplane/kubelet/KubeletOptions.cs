using Podwire.Kube.Objects;

namespace Podwire.Kubelet;

/// <summary>The command line, checked.</summary>
internal sealed record KubeletOptions
{
    /// <summary>--kubeconfig.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>--hostname-override, or the host's name.</summary>
    public required string NodeName { get; init; }

    /// <summary>--node-ip, or the address of the default route's interface.</summary>
    public required IReadOnlyList<string> NodeIPs { get; init; }

    /// <summary>--root-dir.</summary>
    public string RootDirectory { get; init; } = "/var/lib/kubelet";

    /// <summary>Where network namespaces are kept; not a flag.</summary>
    public string NetnsDirectory { get; init; } = "/run/netns";

    /// <summary>--cni-conf-dir.</summary>
    public string CniConfDirectory { get; init; } = "/etc/cni/net.d";

    /// <summary>--cni-bin-dir.</summary>
    public string CniBinDirectory { get; init; } = "/opt/cni/bin";

    /// <summary>--cni-cache-dir.</summary>
    public string CniCacheDirectory { get; init; } = "/var/lib/cni";

    /// <summary>--address.</summary>
    public string Address { get; init; } = "0.0.0.0";

    /// <summary>--port; 0 for none.</summary>
    public int Port { get; init; } = 10250;

    /// <summary>--healthz-bind-address.</summary>
    public string HealthzAddress { get; init; } = "127.0.0.1";

    /// <summary>--healthz-port; 0 for none.</summary>
    public int HealthzPort { get; init; } = 10248;

    /// <summary>--tls-cert-file; null makes one.</summary>
    public string? TlsCertFile { get; init; }

    /// <summary>--tls-private-key-file.</summary>
    public string? TlsPrivateKeyFile { get; init; }

    /// <summary>--client-ca-file, or the kubeconfig's certificate authority.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>--node-labels.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>--register-with-taints.</summary>
    public IReadOnlyList<Taint> Taints { get; init; } = [];

    /// <summary>--max-pods.</summary>
    public int MaxPods { get; init; } = 110;

    /// <summary>--cluster-dns.</summary>
    public IReadOnlyList<string> ClusterDns { get; init; } = [];

    /// <summary>--cluster-domain.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>--resolv-conf.</summary>
    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>--container-log-max-size, bytes.</summary>
    public long ContainerLogMaxSize { get; init; } = 10 << 20;

    /// <summary>--container-log-max-files.</summary>
    public int ContainerLogMaxFiles { get; init; } = 5;

    /// <summary>--node-status-update-frequency.</summary>
    public TimeSpan NodeStatusInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The program that is a shim when «--dir DIR» follows.</summary>
    public required IReadOnlyList<string> ShimCommand { get; init; }
}
