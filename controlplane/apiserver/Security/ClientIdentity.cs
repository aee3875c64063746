namespace Podwire.ApiServer.Security;

/// <summary>A client of the cluster: the common name and the organisations of its certificate, and the stem of its kubeconfig's file name.</summary>
public sealed record ClientIdentity(string FileName, string CommonName, params IReadOnlyList<string> Organizations)
{
    /// <summary>May do everything: the person's kubeconfig.</summary>
    public static ClientIdentity Admin { get; } = new("admin", "kubernetes-admin", UserInfo.Masters);

    /// <summary>Controllers and scheduler.</summary>
    public static ClientIdentity Controllers { get; } = new("controllers", "system:kube-controller-manager");

    /// <summary>The service proxy of every node.</summary>
    public static ClientIdentity Proxy { get; } = new("proxy", "system:kube-proxy");

    /// <summary>The flannel agent of every node.</summary>
    public static ClientIdentity Flannel { get; } = new("flannel", "system:flannel");

    /// <summary>The routed network's agent of every node.</summary>
    public static ClientIdentity Calico { get; } = new("calico", "system:calico-node");

    /// <summary>The NetworkPolicy enforcer of every node.</summary>
    public static ClientIdentity NetworkPolicy { get; } = new("netpolicy", "system:network-policy");

    /// <summary>The API server as a client of the kubelets (pod logs).</summary>
    public static ClientIdentity KubeletClient { get; } = new("apiserver-kubelet-client", "kube-apiserver-kubelet-client", UserInfo.Masters);

    /// <summary>The kubelet of one node.</summary>
    public static ClientIdentity Node(string name) => new($"node-{name}", UserInfo.NodePrefix + name, UserInfo.NodesGroup);
}
