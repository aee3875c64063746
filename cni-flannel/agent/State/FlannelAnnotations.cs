using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>The names of flannel's annotations on nodes, below a prefix (--kube-annotation-prefix).</summary>
internal sealed class FlannelAnnotations(string prefix)
{
    /// <summary>flannel's default prefix.</summary>
    internal const string DefaultPrefix = "flannel.alpha.coreos.com";

    /// <summary>"true" on nodes that flannel serves.</summary>
    public string SubnetKubeManaged { get; } = $"{prefix}/kube-subnet-manager";

    /// <summary>The back end's name.</summary>
    public string BackendType { get; } = $"{prefix}/backend-type";

    /// <summary>What peers have to know of an address: the publicly reachable one.</summary>
    public string PublicIp(IpFamily family) => family == IpFamily.V4 ? $"{prefix}/public-ip" : $"{prefix}/public-ipv6";

    /// <summary>An operator's word on the public address; it wins.</summary>
    public string PublicIpOverwrite(IpFamily family) => family == IpFamily.V4 ? $"{prefix}/public-ip-overwrite" : $"{prefix}/public-ipv6-overwrite";

    /// <summary>JSON of the back end: for vxlan {"VNI":1,"VtepMAC":"..."}.</summary>
    public string BackendData(IpFamily family) => family == IpFamily.V4 ? $"{prefix}/backend-data" : $"{prefix}/backend-v6-data";
}
