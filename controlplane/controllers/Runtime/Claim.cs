using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>
/// Which of the candidates belong to a controller. Pure. As in Kubernetes' ControllerRefManager: what it controls and selects stays, what
/// it controls and no longer selects is released, an orphan that it selects is adopted; what another controls is never touched,
/// and an owner or candidate being deleted neither adopts nor is adopted.
/// </summary>
/// <typeparam name="T">The kind of the candidates.</typeparam>
/// <param name="Owned">Controlled and selected.</param>
/// <param name="Adopt">Orphans to take.</param>
/// <param name="Release">Controlled, no longer selected.</param>
internal sealed record Claim<T>(IReadOnlyList<T> Owned, IReadOnlyList<T> Adopt, IReadOnlyList<T> Release)
    where T : IKubeObject
{
    /// <summary>Sorts the candidates, which are of the owner's namespace.</summary>
    public static Claim<T> Compile(IKubeObject owner, Func<IReadOnlyDictionary<string, string>, bool> selects, IEnumerable<T> candidates)
    {
        List<T> owned = [], adopt = [], release = [];
        var ownerGoes = owner.Metadata.DeletionTimestamp is not null;
        foreach (var candidate in candidates)
        {
            var controller = ControllerReference.Of(candidate);
            if (controller is not null && controller.Uid != owner.Metadata.Uid)
            {
                continue;
            }

            var selected = selects(candidate.Metadata.Labels);
            if (controller is not null)
            {
                if (selected || !ownerGoes)
                {
                    (selected ? owned : release).Add(candidate);
                }
            }
            else if (selected && !ownerGoes && candidate.Metadata.DeletionTimestamp is null)
            {
                adopt.Add(candidate);
            }
        }

        return new(owned, adopt, release);
    }
}
