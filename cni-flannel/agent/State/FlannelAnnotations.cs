using System.Text.RegularExpressions;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>
/// The names of flannel's annotations on nodes, below a prefix (--kube-annotation-prefix): NAME or NAME/PART, where PART and the
/// annotation's own name are joined by a hyphen.
/// </summary>
internal sealed partial class FlannelAnnotations
{
    /// <summary>flannel's default prefix.</summary>
    internal const string DefaultPrefix = "flannel.alpha.coreos.com";

    private readonly string prefix;
    private readonly string[] known;

    /// <summary>The names below a prefix.</summary>
    /// <exception cref="FormatException">The prefix is no domain name with at most one part behind a slash.</exception>
    public FlannelAnnotations(string prefix)
    {
        var slash = prefix.IndexOf('/');
        var full = slash < 0 ? prefix + '/' : prefix[^1] is '/' or '-' ? prefix : prefix + '-';
        this.prefix = Shape().IsMatch(full)
            ? full
            : throw new FormatException($"the annotation prefix '{prefix}' is not a domain name, or one with a part behind a slash, such as {DefaultPrefix} or example.com/flannel");
        SubnetKubeManaged = $"{full}kube-subnet-manager";
        BackendType = $"{full}backend-type";
        known = [SubnetKubeManaged, BackendType, PublicIp(IpFamily.V4), PublicIp(IpFamily.V6), BackendData(IpFamily.V4), BackendData(IpFamily.V6)];
    }

    /// <summary>"true" on nodes that flannel serves.</summary>
    public string SubnetKubeManaged { get; }

    /// <summary>The back end's name.</summary>
    public string BackendType { get; }

    /// <summary>What peers have to know of an address: the publicly reachable one.</summary>
    public string PublicIp(IpFamily family) => family == IpFamily.V4 ? $"{prefix}public-ip" : $"{prefix}public-ipv6";

    /// <summary>An operator's word on the public address; it wins over everything.</summary>
    public string PublicIpOverwrite(IpFamily family) => family == IpFamily.V4 ? $"{prefix}public-ip-overwrite" : $"{prefix}public-ipv6-overwrite";

    /// <summary>The public address that is taken where --public-ip is not given.</summary>
    public string NodePublicIp(IpFamily family) => family == IpFamily.V4 ? $"{prefix}node-public-ip" : $"{prefix}node-public-ipv6";

    /// <summary>True if a node carries all these annotations with these values.</summary>
    public static bool Hold(Node node, IReadOnlyDictionary<string, string> wanted)
    {
        foreach (var (name, value) in wanted)
        {
            if (node.Metadata.Annotations.GetValueOrDefault(name) != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True for an annotation of flannel's.</summary>
    public bool Has(string annotation) => annotation.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>The name itself, one string for all nodes.</summary>
    public string Known(string annotation) => Array.Find(known, name => name == annotation) ?? annotation;

    /// <summary>JSON of the back end: for vxlan {"VNI":1,"VtepMAC":"..."}.</summary>
    public string BackendData(IpFamily family) => family == IpFamily.V4 ? $"{prefix}backend-data" : $"{prefix}backend-v6-data";

    [GeneratedRegex("^(?:[a-z0-9_-]+\\.)+[a-z0-9_-]+/(?:[a-z0-9_-]+-)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
