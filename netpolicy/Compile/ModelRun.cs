using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>What one run of <see cref="PolicyModel"/> has still to look at.</summary>
/// <param name="Change">Where differences are collected; null for a first load, which is taken as a whole.</param>
internal sealed record ModelRun(TableChange? Change)
{
    /// <summary>Pods whose groups and policies may be others now.</summary>
    public HashSet<Entity> Pods { get; } = [];

    /// <summary>Groups of pods that were made in this run; who is in them is not known yet.</summary>
    public List<PeerGroup> Groups { get; } = [];

    /// <summary>Policies that are others now.</summary>
    public HashSet<PolicyId> Policies { get; } = [];

    /// <summary>Names of ports that stand for other numbers now.</summary>
    public HashSet<string> PortNames { get; } = [];

    /// <summary>Addresses whose peers' sets may be others now, by class.</summary>
    public Dictionary<PolicyClass, HashSet<IpAddress>> Peers { get; } = [];

    /// <summary>Addresses that may be in a group's own set no longer, or now.</summary>
    public Dictionary<PeerGroup, HashSet<IpAddress>> Members { get; } = [];

    /// <summary>Addresses of this node whose slots may be others now.</summary>
    public HashSet<IpAddress> Slots { get; } = [];

    /// <summary>Classes to make, new or anew.</summary>
    public Dictionary<string, (bool Ingress, List<PolicyRecord> Policies, PodRecord? Pod)> ToBuild { get; } = [];

    /// <summary>Pods that get another class.</summary>
    public List<(Entity Pod, bool Ingress, string? Key)> Joins { get; } = [];

    /// <summary>Classes made in this run, beside those that they replace.</summary>
    public List<(PolicyClass? Before, PolicyClass After)> Built { get; } = [];

    /// <summary>Classes that nobody has any more.</summary>
    public List<PolicyClass> Abandoned { get; } = [];

    /// <summary>Groups whose sets a class has ceased to ask; another one of this run may ask them again.</summary>
    public List<PeerGroup> Unasked { get; } = [];

    /// <summary>An address may be judged otherwise by the classes that use these groups.</summary>
    public void Touch(PeerGroup[] groups, IpAddress address)
    {
        foreach (var group in groups)
        {
            if (group.Elements is not null)
            {
                Add(Members, group, address);
            }

            foreach (var user in group.Trackers)
            {
                Add(Peers, user, address);
            }
        }
    }

    private static void Add<T>(Dictionary<T, HashSet<IpAddress>> to, T key, IpAddress address)
        where T : notnull
    {
        if (!to.TryGetValue(key, out var addresses))
        {
            to[key] = addresses = [];
        }

        addresses.Add(address);
    }
}
