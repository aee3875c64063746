using System.Net;
using Podwire.Primitives;

namespace Podwire.ApiServer;

/// <summary>What an API server is started with; the flags of <see cref="ApiServerProgram"/> set these.</summary>
public sealed record ApiServerOptions
{
    /// <summary>The address to listen on; null for none but <see cref="ListenDescriptors"/>.</summary>
    public IPAddress? BindAddress { get; init; } = IPAddress.Loopback;

    /// <summary>The TCP port to listen on; 0 picks a free one.</summary>
    public int SecurePort { get; init; } = 6443;

    /// <summary>Listening sockets that were passed in (LISTEN_FDS), served in addition.</summary>
    public IReadOnlyList<int> ListenDescriptors { get; init; } = [];

    /// <summary>The address that members of the cluster reach the server at: the endpoint of the kubernetes Service. Null: the bind address.</summary>
    public IPAddress? AdvertiseAddress { get; init; }

    /// <summary>The SQLite file; its directory must exist.</summary>
    public required string StoreFile { get; init; }

    /// <summary>Where the cluster's certificates and kubeconfigs are.</summary>
    public required string PkiDirectory { get; init; }

    /// <summary>Where ClusterIPs come from; IPv4.</summary>
    public IpPrefix ServiceClusterIpRange { get; init; } = IpPrefix.Parse("10.96.0.0/16");

    /// <summary>The first NodePort.</summary>
    public int FirstNodePort { get; init; } = 30000;

    /// <summary>The last NodePort.</summary>
    public int LastNodePort { get; init; } = 32767;

    /// <summary>More addresses for the serving certificate.</summary>
    public IReadOnlyList<IPAddress> CertificateAddresses { get; init; } = [];

    /// <summary>How many changes of each resource are kept for watchers.</summary>
    public int WatchCacheSize { get; init; } = 8192;

    /// <summary>The URL in the kubeconfigs that the server writes; null: made of the first listening address.</summary>
    public string? KubeconfigServer { get; init; }
}
