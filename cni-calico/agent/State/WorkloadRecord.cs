using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.State;

/// <summary>A running pod of this node that a BGPPeer's localWorkloadSelector may select.</summary>
internal sealed record WorkloadRecord(string Name, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<IpAddress> Addresses)
{
    /// <summary>Reads a pod; null if it has no address of its own, or has ended.</summary>
    public static WorkloadRecord? Read(Pod pod)
    {
        if (pod.Spec?.HostNetwork == true || pod.Status?.Phase is "Succeeded" or "Failed" || pod.Status?.PodIPs is not { Count: > 0 } told)
        {
            return null;
        }

        var addresses = new List<IpAddress>();
        foreach (var ip in told)
        {
            if (IpAddress.TryParse(ip.Ip, out var address))
            {
                addresses.Add(address);
            }
        }

        return addresses.Count > 0 ? new WorkloadRecord($"{pod.Metadata.Namespace}/{pod.Metadata.Name}", pod.Metadata.Labels, addresses) : null;
    }

    /// <summary>What sessions follow from, as text.</summary>
    public static string FactsOf(Pod? pod) => pod is null || Read(pod) is not { } record
        ? string.Empty
        : $"{string.Join(' ', record.Addresses)} {string.Join(' ', record.Labels.OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}={label.Value}"))}";
}
