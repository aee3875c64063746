using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>Whom a change is about, where the kernel does not take it.</summary>
internal sealed partial class PolicyModel
{
    /// <summary>The addresses of this node that a policy selects.</summary>
    public List<IpAddress> Policed => [.. slots.Keys];

    /// <summary>
    /// The addresses of this node that a change gives other rules: those whose slots are others, and all pods of a class of which a chain, a set of its own, or a set that it
    /// shares with others is another, whoever came or went.
    /// </summary>
    public List<IpAddress> Touched(TableChange change)
    {
        HashSet<string> names = [];
        HashSet<IpAddress> found = [];
        change.NewSets.ForEach(one => names.Add(one.Set.Name));
        change.GoneSets.ForEach(one => names.Add(one.Set.Name));
        change.WrittenChains.ForEach(one => names.Add(one.Chain.Name));
        change.GoneChains.ForEach(one => names.Add(one.Chain.Name));
        foreach (var (table, set, removed, added) in change.ElementChanges)
        {
            names.Add(set.Name);
            var schema = Array.Find(TableSchema.All, schema => schema.Id == table)!;
            if (set.Name == schema.Ingress.Name || set.Name == schema.Egress.Name)
            {
                foreach (var element in (IEnumerable<SetElement>)[.. removed, .. added])
                {
                    found.Add(IpAddress.FromBytes(element.Key.Span));
                }
            }
        }

        foreach (var one in classes.Values)
        {
            if (IsAmong(one, names))
            {
                foreach (var pod in one.Pods)
                {
                    found.UnionWith(pod.Addresses);
                }
            }
        }

        found.IntersectWith(slots.Keys);
        return [.. found];
    }

    private bool IsAmong(PolicyClass one, HashSet<string> names)
    {
        if (names.Contains(one.Name) || one.Asked.Shared.Any(group => names.Contains(group.SetName)))
        {
            return true;
        }

        for (var i = 0; i < TableSchema.All.Length; i++)
        {
            var sets = one.SetsOf(TableSchema.All[i]);
            if (inUse[i] && (sets.Own.Any(set => names.Contains(set.Name)) || sets.OfBlocks.Any(set => names.Contains(set.Name)) || chains[i].Class(one, sets).Any(chain => names.Contains(chain.Name))))
            {
                return true;
            }
        }

        return false;
    }
}
