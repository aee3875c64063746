using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Watch;

/// <summary>Reads a Pod (core/v1). Pure.</summary>
internal static class PodReader
{
    /// <summary>The record; what cannot be read is left out.</summary>
    public static PodRecord Read(PodObject pod)
    {
        var isEnded = pod.Status?.Phase is "Succeeded" or "Failed";
        var isHostNetwork = pod.Spec?.HostNetwork == true;
        return new()
        {
            Key = ObjectKey.Of(pod),
            Uid = pod.Metadata.Uid ?? string.Empty,
            Node = pod.Spec?.NodeName is { } node ? string.Intern(node) : string.Empty,
            Labels = LabelSet.Of(pod.Metadata.Labels),
            Addresses = isEnded || isHostNetwork || pod.Status is null ? [] : Addresses(pod.Status),
            NamedPorts = pod.Spec is null ? [] : NamedPorts(pod.Spec),
            Created = pod.Metadata.CreationTimestamp ?? default,
            IsHostNetwork = isHostNetwork,
            IsEnded = isEnded,
        };
    }

    private static IpAddress[] Addresses(PodObjectStatus status)
    {
        var addresses = new List<IpAddress>(2);
        foreach (var text in status.PodIPs.Count > 0 ? status.PodIPs.Select(static one => (string?)one.Ip) : [status.PodIP])
        {
            if (IpAddress.TryParse(text, out var address) && !address.IsUnspecified && !addresses.Exists(other => other.Family == address.Family))
            {
                addresses.Add(address);
            }
        }

        return [.. addresses];
    }

    private static NamedPort[] NamedPorts(PodObjectSpec spec)
    {
        List<NamedPort>? ports = null;
        foreach (var container in spec.Containers.Concat(spec.InitContainers.Where(static init => init.RestartPolicy == "Always")))
        {
            foreach (var port in container.Ports)
            {
                IpProtocol? protocol = port.Protocol switch { null or "" or "TCP" => IpProtocol.Tcp, "UDP" => IpProtocol.Udp, "SCTP" => IpProtocol.Sctp, _ => null };
                if (!string.IsNullOrEmpty(port.Name) && protocol is not null && port.ContainerPortNumber is >= 1 and <= 65535)
                {
                    (ports ??= []).Add(new(string.Intern(port.Name), protocol.Value, (ushort)port.ContainerPortNumber));
                }
            }
        }

        return ports is null ? [] : [.. ports];
    }
}
