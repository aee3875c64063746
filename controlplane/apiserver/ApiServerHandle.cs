using Podwire.ApiServer.Security;
using Podwire.Primitives;

namespace Podwire.ApiServer;

/// <summary>A running API server, as those see it who run beside it in the same process.</summary>
public sealed class ApiServerHandle
{
    internal ApiServerHandle(string server, ClusterPki pki, ApiServerOptions options, IpPrefix? clusterCidr)
    {
        Server = server;
        Pki = pki;
        Options = options;
        ClusterCidr = clusterCidr;
    }

    /// <summary>The URL of the server, as its own kubeconfigs name it.</summary>
    public string Server { get; }

    /// <summary>The cluster's certificates.</summary>
    public ClusterPki Pki { get; }

    /// <summary>What the server was started with.</summary>
    public ApiServerOptions Options { get; }

    /// <summary>--cluster-cidr: where the nodes' pod ranges come from, for the controllers.</summary>
    public IpPrefix? ClusterCidr { get; }

    /// <summary>The path of admin.kubeconfig.</summary>
    public string AdminKubeconfig => Pki.EnsureKubeconfig(ClientIdentity.Admin, Server);

    /// <summary>The path of controllers.kubeconfig.</summary>
    public string ControllersKubeconfig => Pki.EnsureKubeconfig(ClientIdentity.Controllers, Server);

    /// <summary>The path of a kubeconfig for an identity.</summary>
    public string Kubeconfig(ClientIdentity identity) => Pki.EnsureKubeconfig(identity, Server);
}
