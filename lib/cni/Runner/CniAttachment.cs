namespace Podwire.Cni;

/// <summary>What a runtime tells the plugins of one attachment.</summary>
public sealed record CniAttachment
{
    /// <summary>The sandbox's ID.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The path of its network namespace; empty on DEL if it is gone.</summary>
    public required string NetNs { get; init; }

    /// <summary>The interface to make in it.</summary>
    public string IfName { get; init; } = "eth0";

    /// <summary>CNI_ARGS: for Kubernetes IgnoreUnknown, K8S_POD_NAMESPACE, K8S_POD_NAME, K8S_POD_INFRA_CONTAINER_ID, K8S_POD_UID.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Args { get; init; } = [];

    /// <summary>
    /// Capability arguments (portMappings, bandwidth, mac, ips, ipRanges, dns, aliases, ...) with their JSON text; each plugin gets those
    /// that it declares.
    /// </summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> CapabilityArgs { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();
}
