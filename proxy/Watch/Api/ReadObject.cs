using Podwire.Kube.Objects;

namespace Podwire.Proxy.Watch.Api;

/// <summary>
/// An object of the API as the proxy keeps it: reduced to a record while it is decoded, so that neither its text nor the rest of it is ever held
/// for more than one object at a time. What remains beside the record is its identity, which the watch and events need.
/// </summary>
internal abstract class ReadObject(string apiVersion, string kind) : IKubeObject
{
    /// <summary>metadata.namespace; empty if it has none.</summary>
    public string Namespace { get; init; } = string.Empty;

    /// <summary>metadata.name.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>metadata.uid, or null.</summary>
    public string? Uid { get; init; }

    /// <summary>metadata.resourceVersion, or null.</summary>
    public string? Version { get; init; }

    /// <summary>What was left out of it, and why.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <inheritdoc/>
    /// <remarks>Fixed; what a list sets is what it is already.</remarks>
    public string ApiVersion { get => apiVersion; set => _ = value; }

    /// <inheritdoc/>
    /// <remarks>Fixed, as <see cref="ApiVersion"/>.</remarks>
    public string Kind { get => kind; set => _ = value; }

    /// <inheritdoc/>
    /// <remarks>Made anew by every call: it is asked for rarely, and an ObjectMeta is larger than all that is kept.</remarks>
    public ObjectMeta Metadata
    {
        get => new() { Name = Name, Namespace = Namespace, Uid = Uid, ResourceVersion = Version };
        set => throw new NotSupportedException("what was read does not change");
    }
}
