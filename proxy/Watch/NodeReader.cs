using Podwire.Kube.Objects;
using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Watch;

/// <summary>Reads a Node (core/v1). Pure.</summary>
internal static class NodeReader
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    // The cluster autoscaler sets it before it removes a node (KEP-3836).
    private const string RemovalTaint = "ToBeDeletedByClusterAutoscaler";

    /// <summary>The state; what cannot be read is left out.</summary>
    public static NodeState Read(Node node)
    {
        var addresses = new List<IpAddress>();
        foreach (var type in (string[])["InternalIP", "ExternalIP"])
        {
            foreach (var address in node.Status?.Addresses ?? [])
            {
                if (address.Type == type && IpAddress.TryParse(address.Address, out var parsed) && !addresses.Contains(parsed))
                {
                    addresses.Add(parsed);
                }
            }
        }

        var podCidrs = new List<IpPrefix>();
        foreach (var text in node.Spec is { PodCIDRs.Count: > 0 } spec ? spec.PodCIDRs : node.Spec?.PodCIDR is { } single ? [single] : [])
        {
            if (IpPrefix.TryParse(text, out var prefix))
            {
                podCidrs.Add(prefix.Masked);
            }
        }

        return new()
        {
            Name = node.Metadata.Name,
            Zone = node.Metadata.Labels.TryGetValue(ZoneLabel, out var zone) && zone.Length > 0 ? zone : null,
            Addresses = addresses,
            PodCidrs = podCidrs,
            IsEligible = node.Metadata.DeletionTimestamp is null && node.Spec?.Taints.Any(static taint => taint.Key == RemovalTaint) != true,
        };
    }
}
