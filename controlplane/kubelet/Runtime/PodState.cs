using System.Text.Json.Serialization;

namespace Podwire.Kubelet.Runtime;

/// <summary>What the node holds of a pod: ROOT_DIR/pods/UID/state.json. README.md documents the fields that others may read.</summary>
internal sealed record PodState
{
    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    /// <summary>The pod's uid.</summary>
    public required string Uid { get; init; }

    /// <summary>The boot (/proc/sys/kernel/random/boot_id) that the processes and namespaces belong to.</summary>
    public required string BootId { get; init; }

    /// <summary>When this kubelet first saw the pod.</summary>
    public DateTimeOffset StartTime { get; init; }

    /// <summary>The sandbox; null while there is none.</summary>
    public SandboxState? Sandbox { get; init; }

    /// <summary>The containers that were started at least once, init containers among them, by name.</summary>
    public IReadOnlyDictionary<string, ContainerRecord> Containers { get => field ?? new Dictionary<string, ContainerRecord>(); init; }

    /// <summary>The record of a container; null if it was never started.</summary>
    public ContainerRecord? Container(string name) => Containers.GetValueOrDefault(name);

    /// <summary>The same with one container's record replaced.</summary>
    public PodState With(string name, ContainerRecord record) =>
        this with { Containers = new Dictionary<string, ContainerRecord>(Containers) { [name] = record } };

    /// <summary>True if anything of the pod runs.</summary>
    [JsonIgnore]
    public bool AnyRunning => Containers.Values.Any(container => container.IsRunning);
}
