using Podwire.Kube.Objects;

namespace Podwire.Controllers.GarbageCollection;

/// <summary>
/// The rules of garbage collection (kubernetes.io: "Owners and dependents", "Cascading deletion"). Pure. An object lives as long as one of its owners does;
/// references to owners that are gone are dropped from one that lives; an object none of whose owners is left is deleted, with the policy that its
/// finalizers ask for.
/// </summary>
internal static class GcRules
{
    /// <summary>The next step for an object.</summary>
    /// <param name="node">The object.</param>
    /// <param name="owner">What is known of each of its owners.</param>
    /// <param name="dependants">The objects that name it as an owner.</param>
    public static GcStep Next(GcNode node, Func<OwnerReference, OwnerState> owner, IReadOnlyList<GcNode> dependants)
    {
        if (node.IsOrphaning)
        {
            return new GcStep.Orphan(dependants);
        }

        if (node.AwaitsDependants)
        {
            return Await(node, dependants);
        }

        if (node.IsDeleting || node.Owners.Count == 0)
        {
            return new GcStep.Nothing();
        }

        var states = node.Owners.Select(reference => (Reference: reference, State: owner(reference))).ToList();
        var unknown = states.Where(pair => pair.State == OwnerState.Unknown).Select(pair => pair.Reference).ToList();
        if (unknown.Count > 0)
        {
            return new GcStep.AskFor(unknown);
        }

        var going = states.Where(pair => pair.State != OwnerState.Present).Select(pair => pair.Reference.Uid).ToHashSet(StringComparer.Ordinal);
        if (states.Exists(pair => pair.State == OwnerState.Present))
        {
            return going.Count == 0 ? new GcStep.Nothing() : new GcStep.DropOwners(going);
        }

        return new GcStep.Delete(Policy(node, states.Exists(pair => pair.State == OwnerState.AwaitsDependants) && dependants.Count > 0));
    }

    /// <summary>True if the dependant holds its owner up: its reference says so.</summary>
    public static bool Blocks(GcNode dependant, GcNode owner) =>
        dependant.Owners.Any(reference => reference.Uid == owner.Uid && reference.BlockOwnerDeletion == true);

    private static GcStep Await(GcNode node, IReadOnlyList<GcNode> dependants)
    {
        var blocking = dependants.Where(dependant => Blocks(dependant, node)).ToList();
        return blocking.Count == 0 ? new GcStep.DropFinalizer(GcNode.ForegroundFinalizer) : new GcStep.Visit([.. blocking.Where(dependant => !dependant.IsDeleting)]);
    }

    private static string Policy(GcNode node, bool ownerAwaits)
    {
        if (node.Metadata.Finalizers.Contains(GcNode.OrphanFinalizer))
        {
            return "Orphan";
        }

        return ownerAwaits || node.Metadata.Finalizers.Contains(GcNode.ForegroundFinalizer) ? "Foreground" : "Background";
    }
}
