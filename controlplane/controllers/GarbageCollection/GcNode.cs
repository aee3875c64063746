using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>An object as far as garbage collection goes: who it is, who owns it, and whether it is being deleted.</summary>
/// <param name="Resource">Its resource.</param>
/// <param name="Metadata">Its metadata.</param>
internal sealed record GcNode(ApiResourceInfo Resource, ObjectMeta Metadata)
{
    /// <summary>The finalizer of an object that waits for its dependants to be gone.</summary>
    public const string ForegroundFinalizer = "foregroundDeletion";

    /// <summary>The finalizer of an object whose dependants are to stay.</summary>
    public const string OrphanFinalizer = "orphan";

    /// <summary>The uid.</summary>
    public string Uid => Metadata.Uid ?? string.Empty;

    /// <summary>Its owners.</summary>
    public IReadOnlyList<OwnerReference> Owners => Metadata.OwnerReferences;

    /// <summary>True if it is being deleted.</summary>
    public bool IsDeleting => Metadata.DeletionTimestamp is not null;

    /// <summary>True if it is being deleted and waits for its dependants.</summary>
    public bool AwaitsDependants => IsDeleting && Metadata.Finalizers.Contains(ForegroundFinalizer);

    /// <summary>True if it is being deleted and its dependants are to stay.</summary>
    public bool IsOrphaning => IsDeleting && Metadata.Finalizers.Contains(OrphanFinalizer);

    /// <summary>RESOURCE NAMESPACE/NAME, for the log.</summary>
    public override string ToString() => Metadata.Namespace is { Length: > 0 } space ? $"{Resource.Id} {space}/{Metadata.Name}" : $"{Resource.Id} {Metadata.Name}";
}
