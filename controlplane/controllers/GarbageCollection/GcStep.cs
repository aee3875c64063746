using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>The next thing to do about one object.</summary>
internal abstract record GcStep
{
    /// <summary>Nothing.</summary>
    public sealed record Nothing : GcStep;

    /// <summary>Ask the API server whether these owners are there.</summary>
    public sealed record AskFor(IReadOnlyList<OwnerReference> Owners) : GcStep;

    /// <summary>Delete the object, with a propagation policy for its own dependants.</summary>
    public sealed record Delete(string PropagationPolicy) : GcStep;

    /// <summary>Take owner references out of the object.</summary>
    public sealed record DropOwners(IReadOnlySet<string> Uids) : GcStep;

    /// <summary>Take the reference to this object out of its dependants, then the finalizer out of it.</summary>
    public sealed record Orphan(IReadOnlyList<GcNode> Dependants) : GcStep;

    /// <summary>Look at these dependants; they hold the object up.</summary>
    public sealed record Visit(IReadOnlyList<GcNode> Dependants) : GcStep;

    /// <summary>Take a finalizer out of the object.</summary>
    public sealed record DropFinalizer(string Finalizer) : GcStep;
}
