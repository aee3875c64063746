using Podwire.Bgp.Policy;
using Podwire.Bgp.Wire;

namespace Podwire.Bgp.Rib;

/// <summary>Whether a group is told a path at all (RFC 4271 section 9.1.3, RFC 4456 section 6, RFC 1997), and what its policy says.</summary>
internal static class ExportRules
{
    public static bool MayTell(GroupKey group, PathAttributes path, RoutePeer source)
    {
        if (Array.IndexOf(path.Communities, PathAttributes.NoAdvertise) >= 0 || (!group.IsInternal && Array.IndexOf(path.Communities, PathAttributes.NoExport) >= 0))
        {
            return false;
        }

        // What came from within the AS goes further within it only by reflection: from clients to all, from others to clients.
        if (group.IsInternal && source is { IsInternal: true, IsLocal: false } && !source.IsClient && !group.IsClient)
        {
            return false;
        }

        // A neighbouring AS that stands in the path would drop it.
        return group.IsInternal || path.Count(group.NeighborAs) == 0;
    }

    /// <summary>The group's action for a path, or null if it is not told.</summary>
    public static RouteAction? Judge(GroupKey group, PrefixKey prefix, PathAttributes path, RoutePeer source)
    {
        if (!MayTell(group, path, source))
        {
            return null;
        }

        var action = group.Policy.Judge(prefix, group.Family, path, source.IsLocal, source.IsInternal);
        return action.IsAccepted ? action : null;
    }
}
