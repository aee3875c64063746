using Podwire.Bgp.Wire;

namespace Podwire.Bgp.Policy;

/// <summary>What a policy says of a route. Compared by reference: a policy's actions are made once.</summary>
public sealed class RouteAction(
    bool isAccepted, IReadOnlyList<uint>? addCommunities = null, IReadOnlyList<uint>? prepend = null, uint? localPref = null,
    IReadOnlyList<LargeCommunity>? addLargeCommunities = null, uint? metric = null)
{
    /// <summary>Takes the route as it is.</summary>
    public static RouteAction Accept { get; } = new(true);

    /// <summary>Refuses the route.</summary>
    public static RouteAction Reject { get; } = new(false);

    /// <summary>False: the route is not taken, or not told.</summary>
    public bool IsAccepted { get; } = isAccepted;

    /// <summary>Communities to add, as 32-bit values.</summary>
    public IReadOnlyList<uint>? AddCommunities { get; } = addCommunities;

    /// <summary>AS numbers to put before the path, nearest first.</summary>
    public IReadOnlyList<uint>? Prepend { get; } = prepend;

    /// <summary>Another LOCAL_PREF.</summary>
    public uint? LocalPref { get; } = localPref;

    /// <summary>Large communities to add.</summary>
    public IReadOnlyList<LargeCommunity>? AddLargeCommunities { get; } = addLargeCommunities;

    /// <summary>The metric that the route has in this machine's kernel; no neighbour is told of it.</summary>
    public uint? Metric { get; } = metric;

    /// <summary>True if attributes change.</summary>
    public bool Changes => AddCommunities is not null || Prepend is not null || LocalPref is not null || AddLargeCommunities is not null || Metric is not null;
}
