using System.Security.Cryptography;
using System.Text;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <summary>How Calico names its objects.</summary>
public static class CalicoNames
{
    /// <summary>What an affinity of a node begins with.</summary>
    public const string HostPrefix = "host:";

    /// <summary>The name of a block's object: the network with dashes.</summary>
    public static string Block(IpPrefix cidr) => cidr.ToString().Replace('.', '-').Replace(':', '-').Replace('/', '-');

    /// <summary>The name of a claim's object.</summary>
    public static string Affinity(string node, IpPrefix cidr) => $"{node}-{Block(cidr)}";

    /// <summary>The name of a handle's object.</summary>
    public static string Handle(string handle) => handle.ToLowerInvariant();

    /// <summary>True if an object can have that name, once in lower case: a DNS subdomain (RFC 1123), as the API server wants it.</summary>
    public static bool IsObjectName(string name) => name.Length is > 0 and <= 253 && name.Split('.').All(static label =>
        label.Length > 0 && label[0] != '-' && label[^1] != '-' && label.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'));

    /// <summary>The affinity of a node.</summary>
    public static string Host(string node) => HostPrefix + node;

    /// <summary>The node of an affinity; null if it is nobody's.</summary>
    public static string? NodeOf(string? affinity) =>
        affinity is not null && affinity.StartsWith(HostPrefix, StringComparison.Ordinal) && affinity.Length > HostPrefix.Length ? affinity[HostPrefix.Length..] : null;

    /// <summary>The handle of a container in a network.</summary>
    public static string ContainerHandle(string network, string container) => $"{network}.{container}";

    /// <summary>The address of a node's VXLAN device: locally administered, from the node's name.</summary>
    public static MacAddress VxlanMac(string node)
    {
#pragma warning disable CA5350 // A name made short, not a secret; the first octet and the hash are what other nodes of such a network have.
        var hash = SHA1.HashData(Encoding.UTF8.GetBytes(node));
#pragma warning restore CA5350
        return MacAddress.FromBytes([0x66, hash[0], hash[1], hash[2], hash[3], hash[4]]);
    }
}
