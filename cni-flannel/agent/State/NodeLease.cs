using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>What a node says of itself in one family: its pod subnet and how to reach it.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Subnet">Its pod subnet (spec.podCIDRs).</param>
/// <param name="BackendType">Its back end.</param>
/// <param name="PublicIp">The address the others reach it by.</param>
/// <param name="Vxlan">Its vxlan device; null for other back ends.</param>
internal sealed record NodeLease(string Node, IpPrefix Subnet, string BackendType, IpAddress PublicIp, VxlanBackendData? Vxlan)
{
    /// <summary>The node's pod subnet of a family; null while none is assigned.</summary>
    public static IpPrefix? SubnetOf(Node node, IpFamily family)
    {
        IEnumerable<string> texts = node.Spec.PodCIDRs.Count > 0 ? node.Spec.PodCIDRs : node.Spec.PodCIDR is { } single ? [single] : [];
        foreach (var text in texts)
        {
            if (IpPrefix.TryParse(text, out var prefix) && prefix.Family == family)
            {
                return prefix.Masked;
            }
        }

        return null;
    }

    /// <summary>
    /// Reads a node. Null with a null problem: the node is none of flannel's or not ready yet; null with a problem: it says
    /// something that cannot be.
    /// </summary>
    public static NodeLease? TryRead(Node node, IpFamily family, FlannelAnnotations names, out string? problem)
    {
        problem = null;
        var annotations = node.Metadata.Annotations;
        if (annotations.GetValueOrDefault(names.SubnetKubeManaged) != "true")
        {
            return null;
        }

        if (!annotations.TryGetValue(names.PublicIp(family), out var publicText))
        {
            return null;
        }

        if (!IpAddress.TryParse(publicText, out var publicIp) || publicIp.Family != family)
        {
            problem = $"annotation {names.PublicIp(family)} '{publicText}' is not an address of its family";
            return null;
        }

        if (SubnetOf(node, family) is not { } subnet)
        {
            problem = $"it has no IP{family.ToString().ToLowerInvariant()} pod CIDR (spec.podCIDRs): whoever assigns them, the controller manager, has not or cannot";
            return null;
        }

        var type = annotations.GetValueOrDefault(names.BackendType) ?? string.Empty;
        var vxlan = VxlanBackendData.TryParse(annotations.GetValueOrDefault(names.BackendData(family)));
        if (type == "vxlan" && vxlan is null)
        {
            problem = $"annotation {names.BackendData(family)} '{annotations.GetValueOrDefault(names.BackendData(family))}' has no VtepMAC";
            return null;
        }

        return new NodeLease(node.Metadata.Name, subnet, type, publicIp, type == "vxlan" ? vxlan : null);
    }
}
