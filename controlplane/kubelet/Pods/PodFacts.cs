using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>What a starting container may ask of its node and sandbox.</summary>
internal sealed record PodFacts
{
    /// <summary>The pod's addresses.</summary>
    public IReadOnlyList<string> PodIPs { get; init; } = [];

    /// <summary>The node's addresses.</summary>
    public IReadOnlyList<string> HostIPs { get; init; } = [];

    /// <summary>The node's allocatable resources.</summary>
    public IReadOnlyDictionary<string, Quantity> Allocatable { get; init; } = new Dictionary<string, Quantity>();

    /// <summary>The pod's host name.</summary>
    public string Hostname { get; init; } = "";

    /// <summary>Every service that is known.</summary>
    public IReadOnlyList<Service> Services { get; init; } = [];

    /// <summary>The config maps the pod refers to, by name; missing ones are absent.</summary>
    public IReadOnlyDictionary<string, ConfigMap> ConfigMaps { get; init; } = new Dictionary<string, ConfigMap>();

    /// <summary>The secrets the pod refers to, by name; missing ones are absent.</summary>
    public IReadOnlyDictionary<string, Secret> Secrets { get; init; } = new Dictionary<string, Secret>();
}
