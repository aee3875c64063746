using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.State;

/// <summary>What a Node says to a Calico network, by its annotations.</summary>
internal sealed record NodeRecord
{
    public const string AddressV4Annotation = "projectcalico.org/IPv4Address";
    public const string AddressV6Annotation = "projectcalico.org/IPv6Address";
    public const string AsnAnnotation = "projectcalico.org/ASNumber";
    public const string ClusterIdAnnotation = "projectcalico.org/RouteReflectorClusterID";
    public const string IpipAnnotation = "projectcalico.org/IPv4IPIPTunnelAddr";
    public const string VxlanAnnotation = "projectcalico.org/IPv4VXLANTunnelAddr";
    public const string VxlanMacAnnotation = "projectcalico.org/VXLANTunnelMACAddr";

    /// <summary>BGP's port (RFC 4271 section 8.2.1).</summary>
    public const int DefaultPort = 179;

    public required string Name { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its address with the length of its link's network; none if it has not said.</summary>
    public IpPrefix V4 { get; init; }

    public IpPrefix V6 { get; init; }

    /// <summary>Where its speaker takes sessions: listenPort of BGPConfiguration «node.NAME» or «default».</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>An AS number of its own.</summary>
    public uint? Asn { get; init; }

    /// <summary>It is a route reflector of this cluster (RFC 4456); none if it is none.</summary>
    public IpAddress ClusterId { get; init; }

    public IpAddress IpipTunnel { get; init; }

    public IpAddress VxlanTunnel { get; init; }

    public MacAddress? VxlanMac { get; init; }

    /// <summary>An annotation that makes no sense; the rest counts.</summary>
    public string? Problem { get; init; }

    public bool IsReflector => !ClusterId.IsNone;

    public static NodeRecord Read(Node node)
    {
        var annotations = node.Metadata.Annotations;
        string? problem = null;
        uint? asn = null;
        if (annotations.TryGetValue(AsnAnnotation, out var number))
        {
            asn = uint.TryParse(number, out var parsed) && parsed > 0 ? parsed : null;
            problem = asn is null ? $"{AsnAnnotation}: '{number}' is no AS number" : null;
        }

        return new NodeRecord
        {
            Name = node.Metadata.Name,
            Labels = node.Metadata.Labels,
            V4 = Network(AddressV4Annotation, IpFamily.V4),
            V6 = Network(AddressV6Annotation, IpFamily.V6),
            Asn = asn,
            ClusterId = Address(ClusterIdAnnotation),
            IpipTunnel = Address(IpipAnnotation),
            VxlanTunnel = Address(VxlanAnnotation),
            VxlanMac = annotations.TryGetValue(VxlanMacAnnotation, out var mac) && MacAddress.TryParse(mac, out var read) ? read : null,
            Problem = problem,
        };

        IpPrefix Network(string name, IpFamily family)
        {
            if (!annotations.TryGetValue(name, out var text) || text.Length == 0)
            {
                return default;
            }

            if (IpPrefix.TryParse(text, out var prefix) && prefix.Family == family)
            {
                return prefix;
            }

            if (IpAddress.TryParse(text, out var address) && address.Family == family)
            {
                return IpPrefix.Host(address);
            }

            problem = $"{name}: '{text}' is no address";
            return default;
        }

        IpAddress Address(string name)
        {
            if (!annotations.TryGetValue(name, out var text) || text.Length == 0)
            {
                return default;
            }

            if (IpAddress.TryParse(text, out var address) && address.IsV4)
            {
                return address;
            }

            problem = $"{name}: '{text}' is no IPv4 address";
            return default;
        }
    }
}
