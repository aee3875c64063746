using System.Text.Json;
using Podwire.Cluster.Commands;
using Podwire.Cluster.Init;

namespace Podwire.Cluster.Nodes;

/// <summary>The configuration that a node's daemons read, as an operator would write it on a machine of its own.</summary>
internal static class NodeFiles
{
    /// <summary>The conflist that goes to the node's /etc/cni/net.d.</summary>
    public const string ConflistName = "10-flannel.conflist";

    internal const string EnforcersStep = """
        ,
            { "type": "podwire-policy" }
        """;

    /// <summary>As the flannel DaemonSet ships it, with the enforcer's step behind it where there is one.</summary>
    public static string Conflist(UpOptions options) => $$"""
        {
          "name": "cbr0",
          "cniVersion": "1.0.0",
          "plugins": [
            {
              "type": "flannel",
              "delegate": {
                "hairpinMode": true,
                "isDefaultGateway": true
              }
            }{{(options.HasNetPolicy ? EnforcersStep : string.Empty)}}
          ]
        }
        """;

    /// <summary>flannel's net-conf.json for a back end.</summary>
    public static string NetConf(string network) => $$"""
        {
          "Network": "{{Underlay.ClusterCidr}}",
          "EnableNFTables": true,
          "Backend": { "Type": "{{network["flannel-".Length..]}}" }
        }
        """;

    /// <summary>The control plane's first process.</summary>
    public static InitSpec Control(ClusterPaths paths) => new()
    {
        HostName = "control",
        Services =
        [
            new ServiceSpec
            {
                Name = "podwire-apiserver",
                Command =
                [
                    paths.Program("podwire-apiserver"),
                    "--bind-address", Underlay.ControlAddress.Address.ToString(),
                    "--secure-port", $"{Underlay.ApiPort}",
                    "--advertise-address", Underlay.ControlAddress.Address.ToString(),
                    "--service-cluster-ip-range", Underlay.ServiceCidr,
                    "--cluster-cidr", Underlay.ClusterCidr,
                    "--pki-dir", paths.Pki,
                    "--store", paths.Store,
                ],
                Log = Path.Combine(paths.Logs("control"), "podwire-apiserver.log"),
                TakesListener = true,
            },
        ],
    };

    /// <summary>A node's first process.</summary>
    public static InitSpec Node(ClusterPaths paths, string name, string address, UpOptions options)
    {
        var config = paths.NodeConfig(name);
        var enforcer = Service("podwire-netpolicy", "--kubeconfig", Path.Combine(config, "netpolicy.kubeconfig"), "--hostname-override", name, "--backend", options.NetPolicy);
        return new InitSpec
        {
            HostName = name,
            Services =
            [
                .. options.HasNetPolicy ? [enforcer] : Array.Empty<ServiceSpec>(),
                CalicoNetwork.IsCalico(options.Network)
                    ? Service("podwire-calico", "--kubeconfig", Path.Combine(config, "calico.kubeconfig"), "--hostname-override", name, "--healthz-bind-address", "127.0.0.1:9099")
                    : Service("podwire-flannel", "--kube-subnet-mgr", "--kubeconfig-file", Path.Combine(config, "flannel.kubeconfig"), "--net-config-path", Path.Combine(config, "net-conf.json"), "--iface", "eth0", "--ip-masq", "--hostname-override", name, "--healthz-ip", "127.0.0.1", "--healthz-port", "8471"),
                Service("podwire-proxy", "--kubeconfig", Path.Combine(config, "proxy.kubeconfig"), "--hostname-override", name, "--proxy-mode", options.Proxy, "--cluster-cidr", Underlay.ClusterCidr),
                Service("podwire-kubelet", "--kubeconfig", Path.Combine(config, "kubelet.kubeconfig"), "--hostname-override", name, "--node-ip", address, "--cni-bin-dir", paths.Cni, "--client-ca-file", Path.Combine(paths.Pki, "ca.crt"), "--tls-cert-file", Path.Combine(config, "kubelet.crt"), "--tls-private-key-file", Path.Combine(config, "kubelet.key")),
            ],
        };

        ServiceSpec Service(string program, params string[] arguments) => new()
        {
            Name = program,
            Command = [paths.Program(program), .. arguments],
            Log = Path.Combine(paths.Logs(name), program + ".log"),
        };
    }

    /// <summary>Writes a first process's specification and returns its path.</summary>
    public static string Write(ClusterPaths paths, InitSpec spec)
    {
        Directory.CreateDirectory(paths.Logs(spec.HostName));
        Directory.CreateDirectory(paths.NodeConfig(spec.HostName));
        var file = Path.Combine(paths.NodeConfig(spec.HostName), "init.json");
        File.WriteAllText(file, JsonSerializer.Serialize(spec, ClusterJson.Default.InitSpec));
        return file;
    }
}
