using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Policy;

/// <summary>One rule of a policy: all conditions that are given must hold.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Within">The route's prefix lies in one of these networks, or is one of them.</param>
/// <param name="NotWithin">The route's prefix lies in none of these.</param>
/// <param name="MinLength">The shortest prefix length.</param>
/// <param name="MaxLength">The longest prefix length.</param>
/// <param name="Communities">The route has all of these.</param>
/// <param name="AsPathPrefix">The AS path begins with these.</param>
/// <param name="IsLocal">Whether the route is this speaker's own.</param>
/// <param name="FromInternal">Whether a route that was learned comes from within the AS.</param>
/// <param name="LargeCommunities">The route has all of these.</param>
/// <param name="Metric">The metric that an import policy gave the route; 0 for none.</param>
public sealed record RouteRule(
    RouteAction Action,
    IReadOnlyList<IpPrefix>? Within = null,
    IReadOnlyList<IpPrefix>? NotWithin = null,
    int? MinLength = null,
    int? MaxLength = null,
    IReadOnlyList<uint>? Communities = null,
    IReadOnlyList<uint>? AsPathPrefix = null,
    bool? IsLocal = null,
    bool? FromInternal = null,
    IReadOnlyList<LargeCommunity>? LargeCommunities = null,
    uint? Metric = null)
{
    /// <summary>True if the route meets the rule's conditions.</summary>
    public bool Matches(PrefixKey key, IpFamily family, PathAttributes attributes, bool isLocal, bool fromInternal)
    {
        if (key.Length < MinLength || key.Length > MaxLength || (IsLocal is { } local && local != isLocal) || (FromInternal is { } inner && (isLocal || inner != fromInternal))
            || (Metric is { } metric && metric != attributes.Metric))
        {
            return false;
        }

        if ((Within is not null || NotWithin is not null) && key.ToPrefix(family) is var prefix
            && ((Within is not null && !Within.Any(network => network.Contains(prefix))) || NotWithin?.Any(network => network.Contains(prefix)) == true))
        {
            return false;
        }

        return (Communities is null || Communities.All(community => attributes.Communities.Contains(community)))
            && (LargeCommunities is null || LargeCommunities.All(community => attributes.LargeCommunities.Contains(community)))
            && (AsPathPrefix is null || attributes.AsNumbers().Take(AsPathPrefix.Count).SequenceEqual(AsPathPrefix));
    }
}
