using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>A port of the node that a container takes.</summary>
/// <param name="Address">The node's address, or empty for all of them.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Port">The number.</param>
internal readonly record struct HostPort(string Address, string Protocol, int Port)
{
    /// <summary>True if both cannot be on one node: the same protocol and port, at the same address or one of them at all addresses.</summary>
    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Address.Length == 0 || other.Address.Length == 0 || Address == other.Address);

    /// <summary>The host ports of a pod.</summary>
    public static IEnumerable<HostPort> Of(Pod pod) =>
        pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(container => container.RestartPolicy == "Always"))
            .SelectMany(container => container.Ports)
            .Where(port => port.HostPort is > 0)
            .Select(port => new HostPort(port.HostIP is null or "0.0.0.0" or "::" ? string.Empty : port.HostIP, port.Protocol ?? "TCP", port.HostPort!.Value));
}
