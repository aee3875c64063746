namespace Podwire.NetPolicy.Compile;

/// <summary>
/// How a class asks for its groups. Where rules only accept, and a port class has one or two groups, their own sets are asked, which all classes share and which follow
/// the coming and going of peers: the class then has no elements. Otherwise it has sets of its own, with what all rules together come to for each peer.
/// </summary>
internal sealed class ClassGroups
{
    /// <summary>Groups of a port class that are asked one by one: so many look-ups a packet may meet.</summary>
    private const int AtMost = 2;

    private readonly PeerGroup[][] ports;
    private readonly bool[] hasOwn;

    /// <summary>Decides it.</summary>
    public ClassGroups(PolicyClass of)
    {
        var count = of.Ports.Count;
        ports = new PeerGroup[count][];
        hasOwn = new bool[count];
        Array.Fill(ports, []);
        if (of.CanDeny || Array.Exists(of.Rules, static rule => rule.Names.Length > 0))
        {
            Own = [.. of.Groups.Keys];
            Reached(of);
            HasOwnAny = count > 1 && hasOwn[0];
            return;
        }

        IsPlain = true;
        if (of.Default.IsAll)
        {
            return;
        }

        var (any, each) = (new List<PeerGroup>(), new List<PeerGroup>?[count]);
        foreach (var (group, numbers) in of.Groups)
        {
            var may = of.ByRules(numbers);
            if (may.IsAll)
            {
                any.Add(group);
                continue;
            }

            for (var i = 0; i < count; i++)
            {
                if (may[i] && !of.Default[i])
                {
                    (each[i] ??= []).Add(group);
                }
            }
        }

        HasOwnAny = any.Count > AtMost;
        Any = Divide(any);
        for (var i = 0; i < count; i++)
        {
            hasOwn[i] = each[i]?.Count > AtMost;
            ports[i] = Divide(each[i] ?? []);
        }
    }

    /// <summary>True if rules do nothing but accept, whatever the peer: what one rule accepts no other takes back.</summary>
    public bool IsPlain { get; }

    /// <summary>Groups whose sets are asked before the port is: they may use every port.</summary>
    public PeerGroup[] Any { get; } = [];

    /// <summary>True if the class has a set of its own for peers that may use every port.</summary>
    public bool HasOwnAny { get; }

    /// <summary>Groups whose members have elements in sets of the class.</summary>
    public HashSet<PeerGroup> Own { get; } = [];

    /// <summary>Groups whose own sets are asked, each once.</summary>
    public HashSet<PeerGroup> Shared { get; } = [];

    /// <summary>True if the class has a set of its own for a port class.</summary>
    public bool HasOwn(int port) => hasOwn[port];

    /// <summary>Groups whose sets are asked for a port class.</summary>
    public PeerGroup[] Of(int port) => ports[port];

    private PeerGroup[] Divide(List<PeerGroup> groups)
    {
        if (groups.Count > AtMost)
        {
            Own.UnionWith(groups);
            return [];
        }

        // The order of a dictionary is not that of another run.
        groups.Sort(static (a, b) => string.CompareOrdinal(a.SetName, b.SetName));
        Shared.UnionWith(groups);
        return [.. groups];
    }

    /// <summary>The port classes in which a group can make a difference.</summary>
    private void Reached(PolicyClass of)
    {
        // A name may lead to any class but the one of ports that no rule names.
        Array.Fill(hasOwn, Array.Exists(of.Rules, static rule => rule.Names.Length > 0));
        hasOwn[0] = false;
        foreach (var numbers in of.Groups.Values)
        {
            foreach (var number in numbers)
            {
                for (var i = 0; i < hasOwn.Length; i++)
                {
                    hasOwn[i] |= of.Rules[number].Covered[i];
                }
            }
        }
    }
}
