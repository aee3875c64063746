using System.Net;
using System.Net.Sockets;
using Podwire.ApiServer.Security;
using Podwire.Cluster.Commands;
using Podwire.Netlink.Namespaces;

namespace Podwire.Cluster.Nodes;

/// <summary>Makes the control plane's and the nodes' namespaces and starts their first processes.</summary>
internal sealed class NodeFactory(ClusterPaths paths, UpOptions options)
{
    /// <summary>The underlay and the API server in it.</summary>
    /// <param name="listener">The machine's loopback socket that the API server also serves.</param>
    public NodeState CreateControl(Socket listener)
    {
        using (var pki = ClusterPki.OpenOrCreate(paths.Pki))
        {
            pki.WriteKubeconfig(paths.KubeConfig, ClientIdentity.Admin, $"https://127.0.0.1:{options.ApiPort}");
        }

        var spec = NodeFiles.Write(paths, NodeFiles.Control(paths));
        return Create("control", Underlay.ControlAddress.Address.ToString(), spec, (int)listener.Handle, NodeNetwork.ConfigureUnderlay);
    }

    /// <summary>Node N, joined to the underlay.</summary>
    public NodeState CreateNode(int number, NodeState control)
    {
        var name = Underlay.NodeName(number);
        var address = Underlay.NodeAddress(number);
        var spec = NodeFiles.Write(paths, NodeFiles.Node(paths, name, address.Address.ToString(), options));
        WriteConfiguration(name, address.Address.ToIPAddress());
        using var underlay = NetNamespace.Open($"/proc/{control.Pid}/ns/net");
        return Create(name, address.Address.ToString(), spec, -1, () =>
        {
            NodeNetwork.JoinUnderlay(underlay, name, address);
            var (file, text) = CalicoNetwork.IsCalico(options.Network) ? (CalicoNetwork.ConflistName, CalicoNetwork.Conflist(name, options)) : (NodeFiles.ConflistName, NodeFiles.Conflist(options));
            File.WriteAllText(Path.Combine("/etc/cni/net.d", file), text);
        });
    }

    private NodeState Create(string name, string address, string spec, int listener, Action configure)
    {
        var pid = NodeNamespaces.Create(name, [paths.Program("podwire"), "init", spec], Path.Combine(paths.Logs(name), "init.log"), listener, configure);
        return new NodeState(name, address, pid, NodeState.ReadStartTime(pid));
    }

    private void WriteConfiguration(string name, IPAddress address)
    {
        var directory = paths.NodeConfig(name);
        using var pki = ClusterPki.OpenOrCreate(paths.Pki);
        var server = $"https://{Underlay.ControlAddress.Address}:{Underlay.ApiPort}";
        pki.WriteKubeconfig(Path.Combine(directory, "kubelet.kubeconfig"), ClientIdentity.Node(name), server);
        pki.WriteKubeconfig(Path.Combine(directory, "proxy.kubeconfig"), ClientIdentity.Proxy, server);
        pki.WriteKubeconfig(Path.Combine(directory, "netpolicy.kubeconfig"), ClientIdentity.NetworkPolicy, server);
        if (CalicoNetwork.IsCalico(options.Network))
        {
            pki.WriteKubeconfig(Path.Combine(directory, "calico.kubeconfig"), ClientIdentity.Calico, server);
        }
        else
        {
            File.WriteAllText(Path.Combine(directory, "net-conf.json"), NodeFiles.NetConf(options.Network));
            pki.WriteKubeconfig(Path.Combine(directory, "flannel.kubeconfig"), ClientIdentity.Flannel, server);
        }

        var (certificate, key) = pki.CreateKubeletServingCertificate(name, [address]);
        File.WriteAllText(Path.Combine(directory, "kubelet.crt"), certificate);
        using var keyFile = new StreamWriter(new FileStream(Path.Combine(directory, "kubelet.key"), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }));
        keyFile.Write(key);
    }
}
